import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { serve } from "../cli/polyproc.js";
import { makeProgram, runNode, type Ran } from "./program.js";

function lines({ stdout, stderr }: Ran): unknown[] {
  try {
    return stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown);
  } catch {
    assert.fail(`${stdout}\n${stderr}`);
  }
}

test("inline functions, task(import.meta, f) and URL objects work in a script that tsx runs", async (t) => {
  const folder = makeProgram(t);
  assert.deepEqual(lines(await runNode(folder, ["--import", "tsx", "src/main.ts"])), [[6, 4, 10]]);
});

test("task(module, f) and isMain(module) work in CommonJS", async (t) => {
  assert.deepEqual(lines(await runNode(makeProgram(t), ["src/plain.cjs"])), [[8]]);
});

interface Look {
  execArgv: string[];
  condition: boolean;
  preloaded: number;
  a: string | null;
  cwd: string;
  inspected: boolean;
}

const flags = ["--conditions", "custom", "--import", "./src/preload.mjs"];

test("options of Node reach workers, on private and shared servers; a pool may have its own", async (t) => {
  const folder = makeProgram(t);
  const pools = [
    {},
    { execArgv: [], env: { A: "pool" }, cwd: "src" },
    { execArgv: ["--import", "./src/preload.mjs"], resourceLimits: { maxOldGenerationSizeMb: 64 }, cwd: "src" },
  ];
  const server = await serve(t);
  for (const env of [{}, server.env] as Record<string, string>[]) {
    const ran = await runNode(folder, [...flags, "src/surroundings.mjs", JSON.stringify(pools)], env);
    const [looks, child] = lines(ran) as [[Look, Look, Look, string], Look];
    const [first, second, third, full] = looks;
    assert.equal(first.condition, true, ran.stderr);
    assert.equal(first.preloaded, 1);
    assert.deepEqual(second.execArgv, []);
    assert.deepEqual([second.a, second.cwd, second.preloaded], ["pool", join(folder, "src"), 0]);
    assert.equal(third.preloaded, 1);
    assert.equal(third.execArgv.at(-1), "--max-old-space-size=64");
    assert.match(full, /worker \d+ ran out of heap in the middle of the task/);
    // What the child prints comes to a script only from its private server.
    if (env === server.env) continue;
    assert.deepEqual([child.a, child.execArgv], ["process", []]);
  }
});

test("a list of options opens the inspector of workers, and does not copy this process's", async (t) => {
  const folder = makeProgram(t);
  const [own, given] = ["--inspect=127.0.0.1:0", "--inspect=localhost:0"];
  const pools = [{}, { execArgv: [own, "--inspect-port", "0"] }, { execArgv: [own, given] }];
  const ran = await runNode(folder, [own, "--inspect-port", "0", "src/surroundings.mjs", JSON.stringify(pools)]);
  const [looks] = lines(ran) as [Look[]];
  assert.deepEqual(
    looks.map(({ inspected, execArgv }) => [inspected, execArgv]),
    [
      [false, []],
      [false, []],
      [true, [given]],
    ],
    ran.stderr,
  );
});

test("NODE_OPTIONS reach workers, also on a shared server", async (t) => {
  const folder = makeProgram(t);
  const server = await serve(t);
  for (const env of [{}, server.env]) {
    const options = { ...env, NODE_OPTIONS: "--conditions=custom" };
    const [looks] = lines(await runNode(folder, ["src/surroundings.mjs"], options)) as [[Look]];
    assert.equal(looks[0].condition, true);
  }
});

test("a wrong limit or option is an error that names it", async (t) => {
  const folder = makeProgram(t);
  for (const [options, message] of [
    [
      { resourceLimits: { maxOldGenerationSizeMb: 0 } },
      /maxOldGenerationSizeMb must be a whole number from 1 up; got 0/,
    ],
    [{ resourceLimits: { heap: 1 } }, /no option "?heap"?/],
    [{ execArgv: [1] }, /execArgv must be an array of strings/],
  ] as const) {
    const { status, stderr } = await runNode(folder, ["src/surroundings.mjs", JSON.stringify([options])]);
    assert.equal(status, 1);
    assert.match(stderr, message);
  }
});
