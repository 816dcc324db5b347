import assert from "node:assert/strict";
import { test } from "node:test";
import type { Message } from "vscode-jsonrpc/node";
import { traceTap, type Detail } from "../../../extension/connection/trace.js";

test("one line for each message; contents only if verbose; nothing when it is off", () => {
  let detail: Detail = "messages";
  const lines: string[] = [];
  const tap = traceTap(
    () => detail,
    (line) => lines.push(line),
  );
  const told = (message: object, direction: "sent" | "received" = "received") => {
    lines.length = 0;
    tap(direction, { jsonrpc: "2.0", ...message } as Message, 42);
    return lines.join("\n").replace(/\d+ ms/, "N ms");
  };
  assert.equal(told({ id: 1, method: "pool/list", params: {} }, "sent"), "-> pool/list #1, 42 bytes");
  assert.equal(told({ id: 1, result: { pools: [] } }), "<- pool/list #1 answered after N ms, 42 bytes");
  assert.equal(told({ id: 1, result: {} }), "<- answer #1, 42 bytes");
  assert.equal(told({ method: "events/changed", params: { events: [] } }), "<- events/changed, 42 bytes");
  detail = "verbose";
  assert.equal(
    told({ method: "events/changed", params: { events: [] } }),
    "<- events/changed, 42 bytes { events: [] }",
  );
  told({ id: 2, method: "lock/release", params: {} }, "sent");
  assert.equal(
    told({ id: 2, error: { code: 1, message: "no" } }),
    "<- lock/release #2 failed after N ms, 42 bytes { code: 1, message: 'no' }",
  );
  detail = "off";
  assert.equal(told({ method: "events/changed", params: {} }), "");
});
