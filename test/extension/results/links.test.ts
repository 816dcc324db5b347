import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { findLinks } from "../../../extension/results/links.js";

const places = (text: string) =>
  findLinks(text).map(({ place: { file, line, column } }) => `${file}|${line}|${column ?? ""}`);
const shown = (text: string) => findLinks(text).map(({ start, end }) => text.slice(start, end));

describe("places in files", () => {
  test("are found in the stacks of Node and Python", () => {
    assert.deepEqual(
      places(
        "    at count (/work/src/a.ts:12:7)\n    at file:///work/my%20src/b.js:3:1\n" +
          "    at async C.run (/work/c.mjs:1:2)",
      ),
      ["/work/src/a.ts|12|7", "/work/my src/b.js|3|1", "/work/c.mjs|1|2"],
    );
    assert.deepEqual(
      places('Traceback (most recent call last):\n  File "/work/my job.py", line 3, in f\n  File "<string>", line 1'),
      ["/work/my job.py|3|"],
    );
  });

  test("are found in what compilers and linters write", () => {
    assert.deepEqual(places("src/a.c:3:5: error: x"), ["src/a.c|3|5"]);
    assert.deepEqual(places("a.ts(10,4): error TS2322: x"), ["a.ts|10|4"]);
    assert.deepEqual(places("./lib/x.rb:7: warning, and ../y.go:8"), ["./lib/x.rb|7|", "../y.go|8|"]);
    assert.deepEqual(shown("in [src/a.c:3:5]"), ["src/a.c:3:5"]);
  });

  test("are not seen where there are none", () => {
    for (const text of [
      "at node:internal/modules/run:12:3",
      "http://localhost:3000/x",
      "https://example.org:80/a.js",
      "10:30:15",
      "ratio 1:2",
      "a:1",
      "v1.2.3",
      "key: 1",
      "(a.ts)",
    ]) {
      assert.deepEqual(places(text), [], text);
    }
  });

  test("are found in linear time, in any text", () => {
    for (const part of ["a", "/", "a.", "./", "a+", "~", "a/b.c", '"', "@-", ":1"]) {
      const began = process.cpuUsage();
      findLinks(part.repeat(100_000));
      const { user } = process.cpuUsage(began);
      // A search that takes time by the square of the length would need minutes.
      assert.ok(user < 10_000_000, `${part} took ${user / 1000} ms`);
    }
  });
});
