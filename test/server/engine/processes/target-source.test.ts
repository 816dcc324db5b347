import assert from "node:assert/strict";
import { posix } from "node:path";
import { test } from "node:test";
import type { CommandSpec, HostEvents, HostSpec, Spawner } from "../../../../server/engine/processes/spawner.js";
import {
  sourceOfCommand,
  sourceOfFunction,
  type FilePaths,
} from "../../../../server/engine/processes/target-source.js";
import { fakeSpawner, FakeWorld } from "../fake-engine.js";
import { FakeHost, PoolWorld, settle } from "../fake-hosts.js";

const paths: FilePaths = {
  cwd: "/server",
  resolve: posix.resolve,
  ofModule: (module) => (posix.isAbsolute(module) ? module : null),
};
const scriptOf = (command: string, ...args: string[]) => sourceOfCommand({ command, args }, "/w", paths)?.file ?? null;

test("a function's source is its module and export; a text has none", () => {
  assert.deepEqual(sourceOfFunction({ module: "/w/hash.js", export: "digest" }, paths), {
    file: "/w/hash.js",
    export: "digest",
  });
  assert.deepEqual(sourceOfFunction({ module: "/w/hash.js" }, paths), { file: "/w/hash.js", export: "default" });
  assert.equal(sourceOfFunction({ module: "hash", runtime: "python" }, paths), null);
  assert.equal(sourceOfFunction({ source: "() => 1" }, paths), null);
});

test("a command's source is the script that its interpreter is given, or the program when it is a script", () => {
  assert.deepEqual(sourceOfCommand({ command: "node", args: ["tool.js", "x"] }, "/w", paths), {
    file: "/w/tool.js",
    export: null,
  });
  assert.equal(scriptOf("/usr/bin/python3.12", "../count"), "/count");
  assert.equal(scriptOf("bash", "/opt/build"), "/opt/build");
  assert.equal(scriptOf("./tools/lint.sh", "a.txt"), "/w/tools/lint.sh");
  assert.equal(scriptOf("/opt/report.PY"), "/opt/report.PY");
});

test("a source that would need a look at the files is null", () => {
  assert.equal(scriptOf("sh", "-c", "echo x.sh"), null);
  assert.equal(scriptOf("node"), null);
  assert.equal(scriptOf("node", ""), null);
  assert.equal(scriptOf("eslint", "a.js"), null);
  assert.equal(scriptOf("lint.sh"), null, "it is looked for in PATH");
  assert.equal(scriptOf("/usr/bin/gzip", "a.py"), null);
  assert.equal(scriptOf("./build"), null);
});

/** An engine whose children are started, and do nothing. */
function startingWorld() {
  const commands: CommandSpec[] = [];
  const spawner: Spawner = {
    ...fakeSpawner,
    startHost: (_spec: HostSpec, events: HostEvents) => new FakeHost(events),
    startCommand: (spec, events) => {
      commands.push(spec);
      queueMicrotask(() => events.spawned(1));
      return {
        pid: 1,
        signalTree: () => {},
        suspend: () => {},
        killIn: () => {},
        pauseOutput: () => {},
        resumeOutput: () => {},
      };
    },
    runtimes: () => ["node"],
  };
  const world = new FakeWorld({}, spawner);
  const session = world.session();
  return {
    world,
    session,
    commands,
    infoOf: (process: string) => world.engine.processes.list(false).find((info) => info.process === process),
  };
}

test("a process tells its source, and the folder that it was started in", () => {
  const { world, session, commands, infoOf } = startingWorld();
  const { processes } = world.engine;
  processes.start(session, { process: "process:s1.1", target: { command: "python3", args: ["count.py"], cwd: "sub" } });
  processes.start(session, {
    process: "process:s1.2",
    target: { command: "python3", args: ["count.py"], cwd: "/elsewhere" },
    cwd: "/there",
  });
  processes.start(session, { process: "process:s1.3", target: { module: "/w/hash.js" }, cwd: "/there" });
  processes.start(session, { process: "process:s1.4", target: { source: "() => 1" } });
  assert.deepEqual(
    [1, 2, 3, 4].map((n) => infoOf(`process:s1.${n}`)).map((info) => [info?.cwd, info?.source?.file]),
    [
      ["/server/sub", "/server/sub/count.py"],
      ["/there", "/there/count.py"],
      ["/there", "/w/hash.js"],
      ["/server", undefined],
    ],
  );
  assert.deepEqual(
    commands.map(({ cwd }) => cwd),
    ["sub", "/there"],
  );
});

test("a pool's worker tells the source of the last task that it was given", async () => {
  const world = new PoolWorld();
  const pool = world.pool({ processes: 1 });
  world.job(pool, { target: { module: "/a.js", export: "f" } }).submit(world.tasks(1));
  const host = world.hosts[0]!;
  assert.equal(host.record.process.describeProcess().source, null);
  host.connect();
  await settle();
  assert.deepEqual(host.record.process.describeProcess().source, { file: "/a.js", export: "f" });
  host.succeed(host.begin()!);
  assert.deepEqual(host.record.process.describeProcess().source, { file: "/a.js", export: "f" });
  world.job(pool, { target: { source: "() => 1" } }).submit(world.tasks(1));
  await settle();
  assert.equal(host.record.process.describeProcess().source, null);
});
