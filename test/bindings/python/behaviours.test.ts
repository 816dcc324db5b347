import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { root } from "../../fixture.js";
import { runPython } from "./run-python.js";
import { needs } from "../../tools/needs.js";

const fixtures = join(root, "test", "bindings", "python", "fixtures");

describe("the Python binding", needs("python3"), () => {
  for (const [title, args] of [
    ["as a script", [join(fixtures, "behaviours.py")]],
    ["as a module (-m)", ["-m", "behaviours"]],
  ] as const) {
    it(`behaves ${title}`, async () => {
      const { status, stderr } = await runPython(args, { cwd: fixtures });
      assert.equal(status, 0, stderr);
      assert.match(stderr, /^OK$/m);
    });
  }
});
