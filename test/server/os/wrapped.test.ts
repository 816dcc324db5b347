import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { bytesToText } from "../../../protocol/escaped-text.js";
import { parseLimits, type ResourceLimits } from "../../../protocol/resource-limits.js";
import { wrapped } from "../../../server/os/wrapped.js";

const linux = { skip: process.platform !== "linux" };

function run(command: string, args: readonly string[], more: { limits?: ResourceLimits; env?: NodeJS.ProcessEnv }) {
  const env = more.env ?? process.env;
  const line = wrapped({ command, args, cwd: undefined, env, limits: more.limits });
  return { ...spawnSync(line.command, line.args, { env }), line };
}

test("arguments that are not UTF-8 reach the program as their bytes, among any others", linux, () => {
  const raw = Buffer.from([0xff, 10, 37, 92, 39, 0xe9, 36, 96, 34, 32, 10, 10]);
  const args = ["%s\\n", "plain", bytesToText(raw), "$(no) 'x'", "", ...Array.from({ length: 9 }, (_, i) => `${i}`)];
  const { stdout } = run("printf", ["%s|", ...args], {});
  const texts = args.map((arg) => (arg === args[2] ? raw : Buffer.from(arg)));
  assert.deepEqual(stdout, Buffer.concat(texts.flatMap((text) => [text, Buffer.from("|")])));
});

test("limits are set, none above the own hard one; without a difference no shell takes part", linux, () => {
  const own = parseLimits(spawnSync("cat", ["/proc/self/limits"], { encoding: "utf8" }).stdout);
  assert.deepEqual(run("true", [], { limits: own }).line, { command: "true", args: [] });
  const limits: ResourceLimits = { core: [0, 512], nofile: [50, 60], fsize: [1024, null], nproc: [5000, 5000] };
  const { stdout, stderr } = run("cat", ["/proc/self/limits"], { limits });
  assert.equal(stderr.toString(), "");
  const { core, nofile, fsize, nproc } = parseLimits(stdout.toString());
  assert.deepEqual(
    { core, nofile, fsize: fsize?.[0], nproc },
    { core: [0, 512], nofile: [50, 60], fsize: 1024, nproc: [5000, 5000] },
  );
  const hard = own.nofile![1]!;
  const beyond = run("cat", ["/proc/self/limits"], { limits: { nofile: [hard * 2, hard * 2] } });
  assert.deepEqual(parseLimits(beyond.stdout.toString()).nofile, [hard, hard]);
});

test("variables that a shell cannot have are passed on, and a missing program is left to Node", linux, () => {
  const env = { ...process.env, "BASH_FUNC_f%%": "() { :; }", "a.b": "c d" };
  const { stdout } = run("printenv", ["a.b"], { env, limits: { core: [0, 0] } });
  assert.equal(stdout.toString(), "c d\n");
  const missing = wrapped({ command: "no-such-program", args: [], cwd: undefined, env, limits: { core: [0, 0] } });
  assert.equal(missing.command, "no-such-program");
});
