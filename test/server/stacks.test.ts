import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { connect, type Client, type Process } from "../../bindings/typescript/index.js";
import type { StackReading } from "../../protocol/stack.js";
import { waitFor } from "../deadline.js";
import { temporaryFolder } from "../temporary-folder.js";
import { startServer } from "./server-process.js";

async function client(t: TestContext): Promise<Client> {
  const server = await startServer(t, ["--listen", `unix:${join(temporaryFolder(t), "run", "p.sock")}`]);
  const mp = await connect(server.addresses[0]!, { output: "ignore" });
  t.after(() => mp.close().catch(() => {}));
  return mp;
}

/** A running process with the function of this module, which has made the file `begun` when this returns. */
async function started(t: TestContext, mp: Client, name: string, text: string): Promise<Process> {
  const folder = temporaryFolder(t);
  const module = join(folder, name);
  const begun = join(folder, "begun");
  writeFileSync(module, text);
  const process = new mp.Process({ target: { module, export: "task" }, args: [begun], daemon: true });
  await process.start();
  t.after(() => process.kill().catch(() => {}));
  await waitFor(() => existsSync(begun), { what: `${name} to run` });
  return process;
}

const stackOf = (mp: Client, process: Process) => mp.connection.request("process/stack", { pid: process.pid! });

/** Asks until the answer is one that a machine with time to spare gives at once. */
const answerOf = (mp: Client, process: Process, isExpected: (stack: StackReading) => boolean) =>
  waitFor(
    async () => {
      const stack = await stackOf(mp, process);
      return isExpected(stack) && stack;
    },
    { what: "the stack", intervalMs: 50 },
  );
const isWhole = ({ samples }: StackReading) => samples.length === 2;

/** `inner:4 outer:8`: the main thread's functions in our module, with their lines, of each sample. */
function places({ samples }: StackReading, module: string): string[] {
  return samples.map(({ threads }) =>
    threads
      .find(({ name }) => name === "main")!
      .frames.filter(({ file }) => file?.endsWith(module))
      .map(({ function: name, line }) => `${name}:${line}`)
      .join(" "),
  );
}

const busyJs = `import { writeFileSync } from "node:fs";
function inner() {
  const end = Date.now() + 600_000;
  while (Date.now() < end);
}
export function task(begun) {
  console.error("mine");
  writeFileSync(begun, "");
  inner();
}
`;

test("a busy Node function shows where it is, its inspector closes again, and its output stays its own", async (t) => {
  const mp = await client(t);
  const process = await started(t, mp, "busy.mjs", busyJs);
  const [first, other] = await Promise.all([stackOf(mp, process), stackOf(mp, process)]);
  assert.deepEqual(other, first, "who asks meanwhile gets the same");
  const one = await answerOf(mp, process, isWhole);
  assert.deepEqual(places(one, "/busy.mjs"), ["inner:4 task:9", "inner:4 task:9"]);
  assert.equal(one.note, null);
  const again = await answerOf(mp, process, isWhole);
  assert.deepEqual(places(again, "/busy.mjs"), ["inner:4 task:9", "inner:4 task:9"]);
  assert.ok(again.samples[0]!.threads[0]!.frames.every(({ file }) => !file!.includes("/host/")));
  await waitFor(() => listening(process.pid!).length === 0, { what: "the inspector's port to close" });
  const { lines } = await mp.connection.request("process/output", { process: process.handle });
  assert.deepEqual(
    lines.map(({ text }) => text),
    ["mine"],
  );
});

test("a Node function that awaits, and one that is blocked outside of JavaScript, say so, and go on", async (t) => {
  const mp = await client(t);
  const go = join(temporaryFolder(t), "go");
  const idle = await started(
    t,
    mp,
    "idle.mjs",
    `import { existsSync, writeFileSync } from "node:fs";
    export async function task(begun) {
      writeFileSync(begun, "");
      while (!existsSync(${JSON.stringify(go)})) await new Promise((resolve) => setTimeout(resolve, 10));
    }`,
  );
  await answerOf(
    mp,
    idle,
    ({ note }) => note?.startsWith("it runs no JavaScript at the moment: it waits in its event loop") ?? false,
  );
  const blocked = await started(
    t,
    mp,
    "blocked.mjs",
    `import { execFileSync } from "node:child_process";
    import { writeFileSync } from "node:fs";
    export function task(begun) {
      writeFileSync(begun, "");
      execFileSync("sh", ["-c", "until [ -e \\"$0\\" ]; do sleep 0.05; done", ${JSON.stringify(go)}]);
    }`,
  );
  // It is blocked some time after it said that it has begun.
  const nothing = await answerOf(
    mp,
    blocked,
    ({ note }) => note?.startsWith("it did not answer in time: it is blocked in native code or a system call") ?? false,
  );
  assert.deepEqual(nothing.samples, []);
  writeFileSync(go, "");
  await Promise.all([idle.join(), blocked.join()]);
  assert.deepEqual([idle.exitCode, blocked.exitCode], [0, 0]);
});

const busyPython = `import threading, time

def inner():
    while True:
        pass

def waits():
    time.sleep(600)

def task(begun):
    threading.Thread(target=waits, name="second", daemon=True).start()
    open(begun, "w").close()
    inner()
`;

test("a busy Python function shows where all its threads are", async (t) => {
  const mp = await client(t);
  const process = await started(t, mp, "busy.py", busyPython);
  const stack = await answerOf(mp, process, isWhole);
  assert.deepEqual(
    places(stack, "/busy.py").map((place) => place.replace(/inner:[45]/, "inner:4")),
    ["inner:4 task:13", "inner:4 task:13"],
  );
  const functions = stack.samples[0]!.threads.map(({ frames }) => frames.map((frame) => frame.function));
  assert.deepEqual(functions[0], ["inner", "task"]);
  assert.ok(functions.some((names) => names[0] === "waits"));
  assert.equal(functions.length, 2, "threads of the binding are left out");
});

test("a command, a process that has ended and one that ends meanwhile are refused with the reason", async (t) => {
  const mp = await client(t);
  const command = new mp.Process({ target: { command: "sleep", args: ["600"] }, daemon: true });
  await command.start();
  await assert.rejects(stackOf(mp, command), /is a command: only functions of Node and Python have a stack/);
  await command.kill();
  const process = await started(t, mp, "busy.mjs", busyJs);
  const asked = stackOf(mp, process);
  await process.kill();
  await assert.rejects(asked, /the stack of Process-\d+ cannot be read: it has ended/);
  await process.join();
  await assert.rejects(
    mp.connection.request("process/stack", { process: process.handle }),
    /has ended: it has no stack any more/,
  );
});

test("a function that listens to SIGUSR1 itself gets no such signal", async (t) => {
  const mp = await client(t);
  const listens = await started(
    t,
    mp,
    "listens.mjs",
    `import { writeFileSync } from "node:fs";
    export async function task(begun) {
      process.on("SIGUSR1", () => process.exit(9));
      writeFileSync(begun, "");
      await new Promise((resolve) => setTimeout(resolve, 600_000));
    }`,
  );
  await assert.rejects(stackOf(mp, listens), /the program listens to SIGUSR1 itself/);
  const { state } = await mp.connection.request("process/status", { process: listens.handle });
  assert.equal(state, "running");
});

test("a function that was started for a debugger has an inspector that debuggers find, left to them", async (t) => {
  const mp = await client(t);
  const folder = temporaryFolder(t);
  const module = join(folder, "debugged.mjs");
  writeFileSync(
    module,
    `import { renameSync, writeFileSync } from "node:fs";
    import { url } from "node:inspector";
    export async function task(found) {
      writeFileSync(found + ".new", url());
      renameSync(found + ".new", found);
      await new Promise((resolve) => setTimeout(resolve, 600_000));
    }`,
  );
  const found = join(folder, "found");
  const process = new mp.Process({
    target: { module, export: "task" },
    args: [found],
    daemon: true,
    env: { NODE_OPTIONS: "--inspect=127.0.0.1:0" },
  });
  await process.start();
  await waitFor(() => existsSync(found), { what: "its inspector" });
  const url = new URL(readFileSync(found, "utf8"));
  const list: unknown = await (await fetch(`http://${url.host}/json/list`)).json();
  assert.deepEqual(
    (list as { webSocketDebuggerUrl: string }[]).map(({ webSocketDebuggerUrl }) => webSocketDebuggerUrl),
    [url.href],
  );
  await assert.rejects(stackOf(mp, process), /it was started for a debugger, which has its inspector/);
});

/** The ports on which a process listens, as the kernel knows them. */
function listening(pid: number): string[] {
  const inodes = new Set(
    readFileSync("/proc/net/tcp", "utf8")
      .split("\n")
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[3] === "0A")
      .map((fields) => `socket:[${fields[9]}]`),
  );
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/${pid}/fd/${fd}`);
      return inodes.has(target) ? [target] : [];
    } catch {
      return [];
    }
  });
}
