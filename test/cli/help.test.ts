import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "../fixture.js";
import { run } from "./polyproc.js";

const commands = [
  "serve",
  "map",
  "run",
  "ps",
  "top",
  "stack",
  "kill",
  "stop",
  "lock",
  "sem",
  "mcp",
  "lsp",
  "add",
  "status",
  "follow",
];
const more = ["log", "wait", "pause", "resume", "restart", "edit", "remove", "group", "completion"];

test("polyproc --help lists every command and how a server is found", async (t) => {
  const { status, stdout } = await run(t, ["--help"]);
  assert.equal(status, 0);
  for (const command of [...commands, ...more]) assert.match(stdout, new RegExp(`^  ${command}\\b`, "m"));
  assert.match(stdout, /POLYPROC_ADDRESS/);
});

test("each command's help has examples, no line above 100 columns, and every option is in the documents", async (t) => {
  const page = ["cli", "queue"].map((name) => readFileSync(join(root, `docs/${name}.md`), "utf8")).join();
  for (const command of commands) {
    const { status, stdout } = await run(t, ["help", command]);
    assert.equal(status, 0);
    assert.match(
      stdout,
      new RegExp(`^Examples:\\n  \\$ polyproc ${command}|^  \\$ .*polyproc ${command}`, "m"),
      command,
    );
    assert.deepEqual(
      stdout.split("\n").filter((line) => line.length > 100),
      [],
      command,
    );
    for (const [option] of stdout.matchAll(/--[a-z][a-z-]+/g))
      assert.ok(page.includes(option), `docs/cli.md does not mention ${option} of ${command}`);
  }
});

test("an invalid command line is refused in one line, status 2", async (t) => {
  const wrong: [string[], RegExp][] = [
    [["mpa", "x"], /unknown command 'mpa' \(Did you mean map\?\)/],
    [["--sevrer"], /unknown option '--sevrer'/],
    [["ps", "extra"], /too many arguments/],
    [["kill"], /say which process/],
    [["top", "--interval", "often"], /Expected a duration/],
  ];
  for (const [args, message] of wrong) {
    const { status, stdout, stderr } = await run(t, args);
    assert.deepEqual([status, stdout], [2, ""], args.join(" "));
    assert.match(stderr, message);
    assert.match(stderr, /^polyproc: [^\n]+\n$/);
  }
});

test("without arguments it shows the help, as an error", async (t) => {
  const { status, stderr } = await run(t, []);
  assert.equal(status, 2);
  assert.match(stderr, /Usage: polyproc/);
});

test("--version is the package's", async (t) => {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  assert.deepEqual(await run(t, ["--version"]), { status: 0, stdout: `${version}\n`, stderr: "" });
});

test("without a server, commands that need one say how to start it", async (t) => {
  for (const args of [["ps"], ["top"], ["kill", "1"]]) {
    const { status, stderr } = await run(t, args);
    assert.equal(status, 69, args.join(" "));
    assert.match(
      stderr,
      /^polyproc: no server: POLYPROC_ADDRESS is not set, .*\/server\.sock; start one with: polyproc serve\n$/,
    );
  }
  const given = await run(t, ["ps"], { env: { POLYPROC_ADDRESS: "unix:/no/such.sock" } });
  assert.deepEqual(
    [given.status, given.stderr],
    [
      69,
      "polyproc: no server answers at unix:/no/such.sock, which POLYPROC_ADDRESS names; start one with: " +
        "polyproc serve --listen unix:/no/such.sock\n",
    ],
  );
  const wrong = await run(t, ["map", "x", "--", "echo"], { env: { POLYPROC_ADDRESS: "somewhere" } });
  assert.equal(wrong.status, 2);
  assert.match(wrong.stderr, /^polyproc: POLYPROC_ADDRESS: expected an address such as unix:/);
});
