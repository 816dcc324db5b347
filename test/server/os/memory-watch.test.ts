import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { connect } from "../../../bindings/typescript/index.js";
import { MemoryWatch } from "../../../server/os/memory-watch.js";
import { OomCounter } from "../../../server/os/oom-counter.js";
import { waitFor } from "../../deadline.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { startServer } from "../server-process.js";

const isLinux = process.platform === "linux";

test("the peak of a process includes what its descendants have", { skip: !isLinux }, async (t) => {
  const script = "const bytes = Buffer.alloc(150e6, 1); setInterval(() => bytes.length, 60_000)";
  const child = spawn("sh", ["-c", `"$0" -e '${script}'; true`, process.execPath], { detached: true });
  t.after(() => process.kill(-child.pid!, "SIGKILL"));
  const watch = new MemoryWatch();
  watch.add(child.pid!);
  await waitFor(() => watch.peakOf(child.pid!) > 150e6, { what: "a look at the memory", intervalMs: 50 });
  const { peakMemoryBytes } = watch.end(child.pid!, false);
  assert.ok(peakMemoryBytes! > 150e6, String(peakMemoryBytes));
  assert.deepEqual(watch.end(child.pid!, false), {}, "it is forgotten");
});

test("a kill by the kernel is reported once, also if it happened just before a look", (t) => {
  const file = join(temporaryFolder(t), "memory.events");
  const counts = (kills: number) => writeFileSync(file, `low 0\noom 3\noom_kill ${kills}\noom_group_kill 0\n`);
  counts(4);
  const counter = new OomCounter([join(file, "is-not-there"), file]);
  assert.equal(counter.take(), null, "nothing is known before the first look");
  counter.look();
  assert.equal(counter.take(), false);
  counts(5);
  assert.equal(counter.take(), true);
  assert.equal(counter.take(), false);
  counts(7);
  counter.look();
  assert.deepEqual([counter.take(), counter.take(), counter.take()], [true, true, false]);
  counter.look();
  assert.equal(counter.take(), false);
  assert.equal(new OomCounter([]).take(), null);
});

test(
  "a process that another program kills is distinguished from one that ran out of memory",
  { skip: !isLinux },
  async (t) => {
    const server = await startServer(t, ["--listen", `unix:${join(temporaryFolder(t), "run", "p.sock")}`]);
    const mp = await connect(server.addresses[0]!, { output: "ignore" });
    t.after(() => mp.close());
    const sleep = async () => {
      const started = new mp.Process({ target: { command: "sleep", args: ["600"] } });
      await started.start();
      return started;
    };
    const status = (one: { handle: string }) => mp.connection.request("process/status", { process: one.handle });
    const killed = await sleep();
    process.kill(killed.pid!, "SIGKILL");
    await killed.join();
    assert.equal((await status(killed)).outOfMemory, false);
    const ended = await sleep();
    await ended.kill();
    await ended.join();
    assert.equal((await status(ended)).outOfMemory, undefined, "the server's own kill");
  },
);
