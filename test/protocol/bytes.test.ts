import assert from "node:assert/strict";
import { test } from "node:test";
import { formatBytes } from "../../protocol/bytes.js";

test("formatted sizes have at most three digits", () => {
  const expected: [number, string][] = [
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.0 KiB"],
    [4096, "4.0 KiB"],
    [91_226_112, "87 MiB"],
    [1024 ** 3 - 1, "1.0 GiB"],
    [5 * 1024 ** 4, "5.0 TiB"],
  ];
  for (const [bytes, text] of expected) assert.equal(formatBytes(bytes), text);
});
