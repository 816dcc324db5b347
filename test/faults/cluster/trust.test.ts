import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { PolyprocError } from "polyproc";
import { within } from "../../deadline.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { needs } from "../../tools/needs.js";
import { setStage } from "../stage.js";
import { allowTasks, double, setClusterStage, startAgent, taskFile, variable } from "./cluster-stage.js";
import { TestRedis } from "./redis.js";

const redis = needs("redis-server");

async function refusal(result: Promise<unknown>): Promise<PolyprocError> {
  const error = await within(
    result.then(
      () => null,
      (error: unknown) => error,
    ),
    "the refusal",
  );
  assert.ok(error instanceof PolyprocError, `not refused: ${String(error)}`);
  return error;
}

test("an agent runs nothing but modules in its folders, and what it was told to run", redis, async (t) => {
  const { stage, address } = await setClusterStage(t, ["alpha"]);
  const pool = new stage.mp.Pool({ cluster: address });
  const folder = temporaryFolder(t);
  const outside = join(folder, "outside.mjs");
  writeFileSync(outside, "export const double = (n) => n * 2;\n");
  for (const [target, message] of [
    [{ command: "echo" }, /alpha refuses the task: it runs no commands/],
    [{ source: "(n) => n" }, /it runs no source text/],
    [(n: number) => n, /it runs no source text/],
    [{ module: outside, export: "double" }, /outside\.mjs is in no folder that it runs modules of/],
    [{ module: taskFile, export: "double", interpreter: "/bin/sh" }, /the client names the program/],
    [{ module: "/x/tasks.py", export: "double" }, /Python's values are pickles/],
    [{ module: taskFile, export: "double", runtime: "python" }, /Python's values are pickles/],
  ] as const) {
    const error = await refusal(pool.apply(target as never, [1] as never));
    assert.equal(error.codeName, "NotTrusted");
    assert.match(error.message, message);
  }
  assert.equal(await pool.apply(double, [2]), 4);
  await pool.terminate();
});

test("a link out of an allowed folder does not lead out of it", redis, async (t) => {
  const folder = temporaryFolder(t);
  const allowed = join(folder, "allowed");
  mkdirSync(allowed);
  writeFileSync(join(folder, "outside.mjs"), "export const double = (n) => n * 2;\n");
  symlinkSync(join(folder, "outside.mjs"), join(allowed, "link.mjs"));
  copyFileSync(join(folder, "outside.mjs"), join(allowed, "own.mjs"));
  const { stage, address } = await setClusterStage(t, ["alpha"], { args: ["-j", "1", "--allow-module", allowed] });
  const pool = new stage.mp.Pool({ cluster: address });
  const error = await refusal(pool.apply({ module: join(allowed, "link.mjs"), export: "double" }, [1]));
  assert.equal(error.codeName, "NotTrusted");
  assert.equal(await pool.apply({ module: join(allowed, "own.mjs"), export: "double" }, [2]), 4);
  const missing = await refusal(pool.apply({ module: join(allowed, "missing.mjs"), export: "double" }, [1]));
  assert.equal(missing.codeName, "TargetNotFound");
  assert.match(missing.message, /the host alpha has no .*missing\.mjs/);
  await pool.terminate();
});

test("commands and source text run where an agent allows them", redis, async (t) => {
  const { stage, address } = await setClusterStage(t, ["alpha"], {
    args: ["-j", "2", "--allow-command", "--allow-source"],
  });
  const pool = new stage.mp.Pool({ cluster: address });
  const [echoed] = await pool.map({ command: "echo", args: ["{item}"] }, ["hello"]);
  assert.equal((echoed as { stdout: string }).stdout, "hello\n");
  assert.equal(await pool.apply((n: number) => n + 1, [1]), 2);
  await pool.terminate();
});

test("an agent with a key takes only work that is signed with it", redis, async (t) => {
  const folder = temporaryFolder(t);
  const [key, other] = ["key", "other"].map((name) => join(folder, name));
  writeFileSync(key!, "0123456789abcdef0123456789abcdef\n", { mode: 0o600 });
  writeFileSync(other!, "fedcba9876543210fedcba9876543210\n", { mode: 0o600 });
  const store = await TestRedis.start(t);
  const { mp } = await setStage(t);
  await startAgent(t, store.url(), "alpha", ["-j", "2", ...allowTasks, "--key-file", key!]);
  const signed = new mp.Pool({ cluster: store.url(`keyFile=${key}`) });
  assert.deepEqual(await within(signed.map(double, [1, 2, 3]), "signed work"), [2, 4, 6]);
  for (const parameters of ["lease=10", `keyFile=${other}`]) {
    const pool = new mp.Pool({ cluster: store.url(parameters) });
    const error = await refusal(pool.apply(double, [1]));
    assert.equal(error.codeName, "NotTrusted");
    await pool.terminate();
  }
  writeFileSync(join(folder, "open"), "0123456789abcdef0123456789abcdef\n", { mode: 0o644 });
  const open = new mp.Pool({ cluster: store.url(`keyFile=${join(folder, "open")}`) });
  assert.match((await refusal(open.apply(double, [1]))).message, /other users can read it/);
  await signed.terminate();
});

test("a module that differs from the client's does not run", redis, async (t) => {
  const folder = temporaryFolder(t);
  const module = join(folder, "changes.mjs");
  writeFileSync(module, "export const version = () => 1;\n");
  const { stage, address } = await setClusterStage(t, ["alpha"], { args: ["-j", "1", "--allow-module", folder] });
  const { AllowList } = await import("../../../server/cluster/allow-list.js");
  // The hash of the client's file travels with the job: here both read one file, so the check itself is asked.
  const list = new AllowList({ modules: [folder], commands: false, sources: false, pickles: false }, "alpha");
  const spec = {
    target: { module, export: "version" },
    mode: "apply",
    timeoutMs: null,
    graceMs: 0,
    opens: false,
  } as const;
  assert.equal(list.refusal({ ...spec, hash: "00" })?.codeName, "ModuleMismatch");
  const pool = new stage.mp.Pool({ cluster: address });
  assert.equal(await pool.apply({ module, export: "version" }, []), 1);
  await pool.terminate();
});

test("workers inherit no password of the cluster, and messages do not show it", redis, async (t) => {
  const store = await TestRedis.start(t, ["--requirepass", "s3cret"]);
  const { mp } = await setStage(t);
  const address = store.url().replace("redis://", "redis://default@");
  const agent = await startAgent(t, address, "alpha", ["-j", "1", ...allowTasks], {
    POLYPROC_CLUSTER_PASSWORD: "s3cret",
    POLYPROC_CLUSTER: address.replace("default@", "default:s3cret@"),
  });
  const pool = new mp.Pool({ cluster: address.replace("default@", "default:s3cret@") });
  assert.equal(await within(pool.apply(variable, ["POLYPROC_CLUSTER_PASSWORD"]), "a task"), null);
  assert.equal(await pool.apply(variable, ["POLYPROC_CLUSTER"]), address);
  const { pools } = await mp.connection.request("pool/list", {});
  assert.equal(pools[0]!.cluster, address);
  assert.doesNotMatch(agent.stdout() + agent.stderr(), /s3cret/);
  const wrong = new mp.Pool({ cluster: address.replace("default@", "default:s3cre@") });
  const error = await refusal(wrong.apply(double, [1]));
  assert.equal(error.codeName, "ClusterUnavailable");
  assert.doesNotMatch(error.message, /s3cre/);
  await pool.terminate();
});
