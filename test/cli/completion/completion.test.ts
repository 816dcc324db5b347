import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { connectTo } from "../../../bindings/typescript/session/client-link.js";
import { Connection } from "../../../bindings/typescript/session/connection.js";
import { compiled } from "../../fixture.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { needs } from "../../tools/needs.js";
import { run, serve, type TestContext } from "../polyproc.js";

/** What bash itself completes a line to, with the script that `polyproc completion bash` prints. */
function completer(t: TestContext, env: Record<string, string>) {
  const folder = temporaryFolder(t);
  const bin = join(folder, "bin");
  mkdirSync(bin);
  symlinkSync(process.execPath, join(bin, "node"));
  writeFileSync(join(bin, "polyproc"), `#!/bin/sh\nexec node '${compiled("cli/main")}' "$@"\n`, { mode: 0o755 });
  return async (line: string): Promise<string[]> => {
    const script =
      "eval \"$(polyproc completion bash)\"; COMP_LINE=$1 COMP_POINT=${#1} COMP_WORDBREAKS=$' \\t\\n\"\\'><=;|&(:'\n" +
      '_polyproc polyproc; printf "%s\\n" "${COMPREPLY[@]}"';
    const { stdout } = await promisify(execFile)("bash", ["--norc", "-c", script, "bash", line], {
      env: { ...process.env, POLYPROC_ADDRESS: "unix:/no/such", ...env, PATH: `${bin}:${process.env["PATH"]}` },
    });
    return stdout.split("\n").filter(Boolean).sort();
  };
}

test("bash completes commands, options and choices; after -- it is the user's command", needs("bash"), async (t) => {
  const complete = completer(t, {});
  assert.deepEqual(await complete("polyproc re"), ["remove", "restart", "resume"]);
  assert.deepEqual(await complete("polyproc lock x --non"), ["--nonblock"]);
  assert.deepEqual(await complete("polyproc help att"), ["attach"]);
  assert.deepEqual(await complete("polyproc group s"), ["set"]);
  assert.deepEqual(await complete("polyproc completion "), ["bash", "fish", "zsh"]);
  assert.deepEqual(await complete("polyproc add -- re"), []);
});

test("bash completes names that the server knows, also behind a colon", needs("bash"), async (t) => {
  const server = await serve(t);
  const connection = new Connection((self) => connectTo(self, server.address, {}));
  await connection.open();
  await connection.request("lock/create", { lock: "lock:@deploy" });
  await connection.request("run/start", {
    run: connection.mint("run"),
    name: "nightly",
    target: { command: "true" },
    items: [],
  });
  const { runs } = await connection.request("run/list", {});
  const complete = completer(t, server.env);
  assert.deepEqual(await complete("polyproc lock dep"), ["deploy"]);
  assert.deepEqual(await complete("polyproc attach ni"), ["nightly"]);
  assert.deepEqual(await complete("polyproc attach run:"), [runs[0]!.run.slice("run:".length)]);
  await connection.close();
});

test("an unknown shell is refused, and each script is printed", async (t) => {
  assert.match((await run(t, ["completion", "tcsh"])).stderr, /Allowed choices are bash, zsh, fish/);
  for (const shell of ["bash", "zsh", "fish"])
    assert.match((await run(t, ["completion", shell])).stdout, /polyproc completion --answer|completion --answer --/);
});
