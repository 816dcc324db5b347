import assert from "node:assert/strict";
import { test } from "node:test";
import { commandTarget, maxOutputBytes } from "../../../../cli/map/target/command-target.js";
import { UsageError } from "../../../../cli/usage-error.js";
import { fillItem } from "../../../../server/engine/processes/command-line.js";

test("{} becomes the protocol's {item}, wherever it stands, and {{}} the text {}", () => {
  const target = commandTarget(["cp", "{}", "{}.bak", "{item.name}", "{index}", "{{}}", "{ }"], null);
  assert.deepEqual(target, {
    command: "cp",
    args: ["{item}", "{item}.bak", "{item.name}", "{index}", "{}", "{ }"],
    maxOutputBytes,
  });
  assert.deepEqual(fillItem(target, { name: "n" }, 3).args.slice(2), ["n", "3", "{}", "{ }"]);
});

test("without a placeholder the item is added", () => {
  assert.deepEqual(fillItem(commandTarget(["gzip", "-9"], null), "a b", 0).args, ["-9", "a b"]);
});

test("folder and environment reach the command as they are, whatever braces they have", () => {
  const around = { cwd: "/tmp/{item}", env: { A: "{index} {{item}} {}", B: "plain" }, umask: 0o77, nice: 1 };
  const filled = fillItem(commandTarget(["true"], around), "x", 3);
  assert.equal(filled.cwd, around.cwd);
  assert.deepEqual(filled.env, around.env);
});

test("a command that is missing or a placeholder is a usage error", () => {
  for (const command of [[], [""], ["{}", "x"], ["{item}"], ["./{index}.sh"]])
    assert.throws(() => commandTarget(command, null), UsageError);
});
