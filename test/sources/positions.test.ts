import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { positionInStack, readRemark } from "../../sources/positions.js";

const at = (stack: string, file: string) => {
  const found = positionInStack(stack, (path) => path === file);
  return found && `${found.line + 1}:${found.column + 1}`;
};

describe("places in stacks", () => {
  test("JavaScript: the first frame in the file, by path or URL, with or without a function", () => {
    const stack =
      "TypeError: no\n    at inner (node:internal/x:1:1)\n    at f (/w/other.js:9:9)\n" +
      "    at async Promise.all (index 0)\n    at g (file:///w/my%20file.ts:12:3)\n    at /w/plain.js:4:5\n" +
      "    at g (file:///w/my%20file.ts:20:1)";
    assert.equal(at(stack, "/w/my file.ts"), "12:3");
    assert.equal(at(stack, "/w/plain.js"), "4:5");
    assert.equal(at(stack, "/w/none.js"), null);
  });

  test("Python: the innermost frame in the file", () => {
    const stack =
      'Traceback (most recent call last):\n  File "/w/a.py", line 3, in main\n    work()\n' +
      '  File "/w/a.py", line 7, in work\n    int("x")\n  File "/usr/lib/x.py", line 1, in int\nValueError: x';
    assert.equal(at(stack, "/w/a.py"), "7:1");
  });
});

describe("messages of compilers and linters", () => {
  for (const [text, expected] of [
    ["a.c:12:3: error: expected ';'", "a.c 12:3 error: error: expected ';'"],
    ["/w/a b.c:12:3: fatal error: no such file", "/w/a b.c 12:3 error: fatal error: no such file"],
    ["src/x.ts(4,7): error TS2322: Type", "src/x.ts 4:7 error: error TS2322: Type"],
    ["./x.py:8: note: consider this", "./x.py 8:1 information: note: consider this"],
    ["x.js:1:2 - warning: unused", "x.js 1:2 warning: warning: unused"],
    ["\u001b[1mx.rs:3:1:\u001b[0m \u001b[31merror\u001b[0m: borrowed", "x.rs 3:1 error: error: borrowed"],
    ["x.sh: line 3: syntax error", "x.sh 3:1 error: syntax error"],
    ["12:30:45 started", null],
    ["http://host:80/path", null],
    ["no place at all", null],
    ["x.c:0:0: odd", "x.c 1:1 error: odd"],
    [`x.c:1:1: ${"y".repeat(3000)}`, null],
  ] as const) {
    test(text.length > 100 ? "a line that is too long to be one" : JSON.stringify(text), () => {
      const found = readRemark(text);
      assert.equal(
        found && `${found.path} ${found.line + 1}:${found.column + 1} ${found.severity}: ${found.message}`,
        expected,
      );
    });
  }
});
