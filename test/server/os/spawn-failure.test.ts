import assert from "node:assert/strict";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { CommandSpec } from "../../../server/engine/processes/spawner.js";
import { hasNative } from "../../../native/load.js";
import { within } from "../../deadline.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { Recorder } from "./recorder.js";
import { testSpawner } from "./spawners.js";

interface Case {
  title: string;
  spec: (folder: string) => Partial<CommandSpec>;
  errno: string;
  text: RegExp;
}

const cases: Case[] = [
  {
    title: "a program that is not in PATH",
    spec: () => ({ command: "polyproc-no-such" }),
    errno: "ENOENT",
    text: /"polyproc-no-such": no such program in PATH/,
  },
  {
    title: "a path that is not there",
    spec: () => ({ command: "./none" }),
    errno: "ENOENT",
    text: /there is no file .*\/none \(ENOENT\)/,
  },
  {
    title: "a script whose interpreter is missing",
    spec: () => ({ command: "./orphan" }),
    errno: "ENOENT",
    text: /interpreter.*"#!" line of .*\/orphan/,
  },
  {
    title: "a file that is not executable",
    spec: () => ({ command: "./plain" }),
    errno: "EACCES",
    text: /plain is not executable.*chmod \+x/,
  },
  {
    title: "a module that is not executable",
    spec: () => ({ command: "./plain.py" }),
    errno: "EACCES",
    text: /plain\.py is a module.*polyproc map --module FILE --export NAME/,
  },
  { title: "a folder", spec: () => ({ command: "./inner" }), errno: "EACCES", text: /inner is a folder/ },
  {
    title: "a working folder that does not exist",
    spec: (folder) => ({ command: "true", cwd: join(folder, "none") }),
    errno: "ENOENT",
    text: /working folder .*none does not exist; check cwd/,
  },
  {
    title: "a working folder that is a file",
    spec: (folder) => ({ command: "true", cwd: join(folder, "plain") }),
    errno: "ENOTDIR",
    text: /plain is not a folder/,
  },
  {
    title: "arguments that are too long",
    spec: () => ({ command: "true", args: ["x".repeat(3_000_000)] }),
    errno: "E2BIG",
    text: /too long for the system/,
  },
  {
    title: "an argument with a null byte",
    spec: () => ({ command: "true", args: ["a\0b"] }),
    errno: "ERR_INVALID_ARG_VALUE",
    text: /null bytes/,
  },
];

for (const { title, spec, errno, text } of cases) {
  test(`${title}: SpawnFailed with the reason`, async (t) => {
    const folder = temporaryFolder(t);
    writeFileSync(join(folder, "plain"), "x");
    writeFileSync(join(folder, "plain.py"), "x");
    writeFileSync(join(folder, "orphan"), "#!/no/such/interpreter\n", { mode: 0o755 });
    mkdirSync(join(folder, "inner"));
    const told = new Recorder();
    const child = testSpawner(t).startCommand({ command: "true", args: [], cwd: folder, ...spec(folder) }, told);
    assert.deepEqual(told.order, [], "not before startCommand has returned");
    const error = await told.failsSoon();
    assert.equal(error.codeName, "SpawnFailed");
    assert.match(error.message, text);
    assert.equal(error.data["errno"], errno);
    assert.equal(child.pid, null);
    child.signalTree("SIGKILL");
    assert.deepEqual(told.order, ["failed"]);
  });
}

test("a working folder that no path can name is told as such, and leaves no pipe open", async (t) => {
  const spawner = testSpawner(t);
  // Without the native code a stock of FIFOs is filled meanwhile.
  const open = () => (hasNative() ? readdirSync("/proc/self/fd").length : 0);
  const fail = async () => {
    const told = new Recorder();
    spawner.startCommand({ command: "true", args: [], cwd: "/a\0b" }, told);
    return within(told.failure, "the failure");
  };
  assert.match((await fail()).message, /its working folder .* cannot be entered/);
  const before = open();
  for (let i = 0; i < 8; i++) await fail();
  assert.equal(open(), before);
});
