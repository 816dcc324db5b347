import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { shellCommand } from "../../../extension/items/shell-command.js";
import { fillItem } from "../../../server/engine/processes/command-line.js";

const nasty = `it's "a" $(echo bad) \`echo bad\` \${HOME} \\ ; echo bad & * #`;

/** What the line prints for the item, run as the server does it. */
function run(line: string, item: unknown, index = 0): string {
  const { command, args } = fillItem(shellCommand(line), item, index);
  return execFileSync(command, args, { encoding: "utf8" });
}

test("an item reaches its command unchanged, whatever characters are in it and quotes around it", () => {
  for (const line of [
    "printf %s {item}",
    'printf %s "{item}"',
    "printf %s '{item}'",
    'printf %s "$(printf %s "{item}")"',
    'printf %s "$(printf %s {item})"',
    'printf %s "`printf %s {item}`"',
    "(printf %s {item})",
    'x={item}; printf %s "$x"',
    "printf %s \\'{item} | tail -c +2",
    "printf %s",
  ])
    assert.equal(run(line, nasty), nasty, line);
});

test("text around the item stays with it", () => {
  assert.equal(run("printf %s a{item}b", "x y"), "ax yb");
  assert.equal(run("printf %s 'a {item} b'", "x  y"), "a x  y b");
  assert.equal(run('printf %s "a \\"{item}\\" b"', "x  y"), 'a "x  y" b');
});

test("members and the index are filled in; doubled braces are text", () => {
  const item = { name: "a b", size: 3 };
  assert.equal(run('echo {index} "{item.name}" {item.size}', item, 7), "7 a b 3\n");
  assert.throws(() => run("echo {item.none}", item), /the item has no member "none"/);
  assert.equal(run("echo '{{item}}' {{index}}", "x"), "{item} {index} x\n");
  assert.equal(run("printf '%s|' {item} {item.name}", item), '{"name":"a b","size":3}|a b|');
});

test("the item is the last argument when the line does not name it", () => {
  assert.equal(run("echo one; echo two", "x y"), "one\ntwo x y\n");
});

test("an item that looks like a placeholder is not filled in", () => {
  assert.equal(run("printf %s {item}", "{item} {index} ${1}"), "{item} {index} ${1}");
});

test("an empty line is refused", () => {
  assert.throws(() => shellCommand("  \n"), { name: "ItemsError" });
});

test("folder and environment are passed on", () => {
  const { cwd, env } = shellCommand("make", { cwd: "/w", env: { A: "1", B: null } });
  assert.deepEqual({ cwd, env }, { cwd: "/w", env: { A: "1", B: null } });
});
