import assert from "node:assert/strict";
import { test } from "node:test";
import { task } from "polyproc";
import type { OutputLine } from "../../protocol/process.js";
import { waitFor, within } from "../deadline.js";
import { fixture } from "../fixture.js";
import { RawClient } from "../server/clients.js";
import { encodeMessage } from "../server/encode-message.js";
import { setStage, type Stage } from "./stage.js";
import * as tasks from "./tasks.js";

const meta = { url: new URL("./tasks.js", import.meta.url).href };

/** 50 MB. */
const lines = 500_000;
/**
 * How much the server's memory may grow. The C library keeps some 45 MiB of what was freed. A server with the output
 * would have 50 MB more; its lines as messages are several times larger.
 */
const allowedGrowth = 64 * 1024 * 1024;

interface Child {
  readonly handle: string;
}

let nextChild = 1;

/** A client that watches the output of all children, and reads it only when the test asks it to. */
class SlowReader {
  readonly #raw: RawClient;
  count = 0;
  dropped = 0;
  first = "";
  last = "";
  inOrder = true;
  #nextLine = 0;

  private constructor(raw: RawClient) {
    this.#raw = raw;
  }

  static async open(stage: Stage, lossless: boolean): Promise<SlowReader> {
    const raw = await RawClient.open(stage.address.slice("unix:".length), "frames");
    await raw.request("events/watchOutput", { scope: "all", lossless });
    raw.socket.pause();
    return new SlowReader(raw);
  }

  /** Starts a child of its own. */
  async start(target: object, args: readonly unknown[], options: object = {}): Promise<Child> {
    const process = `process:@child${nextChild++}`;
    this.#raw.socket.resume();
    const { error } = await this.#raw.request("process/start", {
      process,
      target,
      args: encodeMessage([args, {}]),
      ...options,
    });
    this.#raw.socket.pause();
    assert.equal(error, undefined);
    return { handle: process };
  }

  read(): void {
    this.#raw.socket.on("data", () => this.#take());
    this.#raw.socket.resume();
  }

  close(): void {
    this.#raw.close();
  }

  /** Counts what came, and forgets it. */
  #take(): void {
    for (const { params } of this.#raw.received.splice(0)) {
      const output = params as { lines: OutputLine[]; dropped: number };
      this.dropped += output.dropped;
      for (const { line, text } of output.lines) {
        if (line < this.#nextLine) this.inOrder = false;
        this.#nextLine = line + 1;
        if (this.count++ === 0) this.first = text;
        this.last = text;
      }
    }
  }
}

/** Waits until the child writes no more, because it is made to wait or has ended. */
async function standstill(stage: Stage, child: Child): Promise<void> {
  let before = -1;
  let same = 0;
  await waitFor(
    async () => {
      const { lines: known, dropped } = await stage.watcher.connection.request("process/output", {
        process: child.handle,
        fromLine: 0,
      });
      const written = dropped + known.length;
      same = written === before ? same + 1 : 0;
      before = written;
      return written > 0 && same >= 30;
    },
    { what: "a child that writes no more", timeoutMs: 60_000 },
  );
}

/** What the server keeps stays. What it no longer needs is V8's garbage, which V8 collects some time later. */
async function hasHardlyGrown(stage: Stage, before: number): Promise<void> {
  await waitFor(async () => (await stage.status()).rssBytes - before < allowedGrowth, {
    what: `a server that has grown by less than ${allowedGrowth} bytes from ${before}`,
    intervalMs: 50,
  });
}

/** The exit status of a child that has ended by then. */
async function ended(stage: Stage, child: Child): Promise<number | null> {
  const { exited, exitCode } = await within(
    stage.watcher.connection.request("process/join", { process: child.handle }),
    "the writer's end",
    60_000,
  );
  assert.ok(exited);
  return exitCode;
}

async function isRunning(stage: Stage, child: Child): Promise<boolean> {
  return (await stage.watcher.connection.request("process/status", { process: child.handle })).state === "running";
}

const flood = { module: meta.url, export: "flood" };
const writers: [title: string, target: object, args: readonly unknown[]][] = [
  ["a command", { command: fixture("flood.sh") }, [String(lines)]],
  ["a function, by console", flood, [lines, "console"]],
  ["a function, past JavaScript", flood, [lines, "descriptor"]],
];

for (const [title, target, args] of writers) {
  test(`50 MB of output of ${title} that its client does not read: the writer waits, nothing is lost`, async (t) => {
    const stage = await setStage(t);
    const reader = await SlowReader.open(stage, true);
    const before = (await stage.status()).rssBytes;
    const child = await reader.start(target, args);
    await standstill(stage, child);
    await hasHardlyGrown(stage, before);
    assert.ok(await isRunning(stage, child));
    // Other clients are served at the same time.
    assert.equal(await within(new stage.mp.Pool(1).apply(task(meta, tasks.double), [2]), "a task beside"), 4);

    reader.read();
    assert.equal(await ended(stage, child), 0);
    const expected = title === "a command" ? lines + 1 : lines;
    await waitFor(() => reader.count >= expected, { what: `${expected} lines`, timeoutMs: 60_000 });
    assert.equal(reader.count, expected);
    assert.equal(reader.dropped, 0);
    assert.ok(reader.inOrder);
    if (title !== "a command") {
      assert.match(reader.first, /^0\.+$/);
      assert.match(reader.last, new RegExp(`^${lines - 1}\\.+$`));
    }
    reader.close();
  });
}

test("a watcher that is not lossless does not block the writer, and learns how many lines it missed", async (t) => {
  const stage = await setStage(t);
  const reader = await SlowReader.open(stage, false);
  const before = (await stage.status()).rssBytes;
  const child = new stage.mp.Process({ target: task(meta, tasks.flood), args: [lines, "console"] });
  await child.start();
  await within(child.join(), "the writer's end", 60_000);
  await hasHardlyGrown(stage, before);
  reader.read();
  // Reported with the next line that arrives.
  const next = new stage.mp.Process({ target: task(meta, tasks.flood), args: [1, "console"] });
  await waitFor(() => reader.count > 0);
  await next.start();
  await waitFor(() => reader.count + reader.dropped >= lines + 1, { what: "the count of what was missed" });
  assert.equal(reader.count + reader.dropped, lines + 1);
  assert.ok(reader.dropped > 0);
  reader.close();
});

test("unwatched output is bounded: the last lines are kept, the others counted", async (t) => {
  const stage = await setStage(t);
  const before = (await stage.status()).rssBytes;
  const child = new stage.mp.Process({ target: task(meta, tasks.flood), args: [lines, "console"] });
  await child.start();
  await within(child.join(), "the writer's end", 60_000);
  const { lines: known, dropped } = await stage.watcher.connection.request("process/output", { process: child.handle });
  assert.equal(known.length + dropped, lines);
  assert.match(known.at(-1)!.text, new RegExp(`^${lines - 1}\\.+$`));
  assert.ok(known.length < 10_000);
  await hasHardlyGrown(stage, before);
});

test("a client that does not read and dies lets the writer go on", async (t) => {
  const stage = await setStage(t);
  const reader = await SlowReader.open(stage, true);
  const child = await reader.start(flood, [lines, "descriptor"], { onParentDeath: "continue" });
  await standstill(stage, child);
  assert.ok(await isRunning(stage, child));
  reader.close();
  assert.equal(await ended(stage, child), 0);
});

test("a lossless watcher of all output that does not read does not block other clients' children", async (t) => {
  const stage = await setStage(t);
  const reader = await SlowReader.open(stage, true);
  const child = new stage.mp.Process({ target: task(meta, tasks.flood), args: [lines, "descriptor"] });
  await child.start();
  await within(child.join(), "the writer's end", 60_000);
  assert.equal(child.exitCode, 0);
  reader.read();
  await waitFor(() => reader.count + reader.dropped >= lines, {
    what: "the lines, and the count of those that were missed",
  });
  assert.equal(reader.count + reader.dropped, lines);
  assert.ok(reader.dropped > 0);
  reader.close();
});
