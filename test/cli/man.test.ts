import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { topics } from "../../cli/help/topics.js";
import { commands as entries } from "../../cli/commands.js";
import { loadCommand } from "../../cli/load-command.js";
import { program } from "../../cli/program.js";
import { compiled, root } from "../fixture.js";
import { temporaryFolder } from "../temporary-folder.js";
import { needs } from "../tools/needs.js";
import { run } from "./polyproc.js";

test("there is a manual page for each command and topic, and the package names them all", async (t) => {
  const folder = join(temporaryFolder(t), "man");
  execFileSync(process.execPath, [compiled("cli/man/main"), folder]);
  const { commands } = await program([], () => {}, Object.keys(entries), loadCommand);
  const expected = [
    "polyproc.1",
    ...commands.map((command) => `polyproc-${command.name()}.1`),
    ...Object.keys(topics).map((name) => `polyproc-${name}.7`),
  ].sort();
  assert.deepEqual(readdirSync(folder).sort(), expected);
  const { man } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { man: string[] };
  assert.deepEqual(
    [...man].sort(),
    expected.map((name) => `./dist/man/${name}`),
  );
  for (const command of commands) {
    const page = readFileSync(join(folder, `polyproc-${command.name()}.1`), "utf8").replaceAll("\\-", "-");
    for (const { long, hidden } of command.options) if (long && !hidden) assert.ok(page.includes(long), long);
    assert.doesNotMatch(page, /undefined|\[object/);
  }
});

test("man renders the pages without a warning", needs("man"), (t) => {
  const folder = join(temporaryFolder(t), "man");
  execFileSync(process.execPath, [compiled("cli/man/main"), folder]);
  for (const name of readdirSync(folder)) {
    const { stdout, stderr } = spawnSync("man", ["--warnings=w", "-E", "UTF-8", "-l", join(folder, name)], {
      encoding: "utf8",
      env: { ...process.env, MANWIDTH: "100", MANPAGER: "cat", LC_ALL: "C.UTF-8" },
    });
    assert.equal(stderr, "", name);
    assert.match(stdout, /NAME/);
  }
  const map = spawnSync("man", ["-l", join(folder, "polyproc-map.1")], {
    encoding: "utf8",
    env: { ...process.env, MANWIDTH: "200", MANPAGER: "cat", LC_ALL: "C.UTF-8" },
  });
  assert.match(map.stdout, /gzip -c \{\} > \{\.\}\.gz/);
});

test("polyproc help tells of commands and topics, and refuses other names", async (t) => {
  for (const [name, text] of [
    ["map", /^Usage: polyproc map/],
    ["exit-status", /^0 {5}all well/],
  ] as const) {
    const { status, stdout } = await run(t, ["help", name]);
    assert.equal(status, 0);
    assert.match(stdout, text);
  }
  const { status, stderr } = await run(t, ["help", "nothing"]);
  assert.equal(status, 2);
  assert.match(stderr, /there is no command and no topic "nothing"; topics are replacements, exit-status/);
});
