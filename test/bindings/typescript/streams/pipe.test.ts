import assert from "node:assert/strict";
import { after, test } from "node:test";
import {
  BrokenPipe,
  EndOfFile,
  Pipe,
  Process,
  shutdown,
  task,
  TimedOut,
  wait,
  type PipeEnd,
} from "../../../../bindings/typescript/index.js";
import { waitFor, within } from "../../../deadline.js";
import { children } from "../fixtures/modules.js";
import { echo, forEver, sendAndExit, sendMany, sendManyAndExit } from "../fixtures/children.js";

after(shutdown);

test("each end receives what the other sends", async () => {
  const [a, b] = Pipe<string>();
  await a.send("to b");
  await b.send("to a");
  assert.equal(await b.recv(), "to b");
  assert.equal(await a.recv(), "to a");
});

test("a half-duplex pipe receives at its first end and sends at its second", async () => {
  const [receiver, sender] = Pipe<number>(false);
  await sender.send(1);
  assert.equal(await receiver.recv(), 1);
  await assert.rejects(receiver.send(2), { codeName: "BadState" });
  await assert.rejects(sender.recv(), { codeName: "BadState" });
});

test("poll says whether there is something to receive, and does not wait unless told to", async () => {
  const [a, b] = Pipe();
  assert.equal(await a.poll(), false);
  const polling = a.poll(null);
  await b.send(1);
  assert.equal(await within(polling, "the poll"), true);
  assert.equal(await a.poll(), true);
});

test("recv gives up at its time-out", async () => {
  const [a] = Pipe();
  await assert.rejects(a.recv(5), TimedOut);
});

test("after one end is closed, the other receives the rest, then EOF", async () => {
  const [a, b] = Pipe<string>();
  await b.send("last words");
  await b.close();
  assert.equal(await a.recv(), "last words");
  await assert.rejects(a.recv(), EndOfFile);
  await assert.rejects(a.send("too late"), BrokenPipe);
});

test("iterating ends with the other end", async () => {
  const [a, b] = Pipe<number>();
  for (let i = 0; i < 3; i++) await b.send(i);
  await b.close();
  const seen: number[] = [];
  for await (const item of a) seen.push(item);
  assert.deepEqual(seen, [0, 1, 2]);
});

test("await using closes the end, and closing it again does nothing", async () => {
  const [a, b] = Pipe();
  {
    await using end = b;
    await end.send(1);
  }
  await b.close();
  await a.recv();
  await assert.rejects(a.recv(), EndOfFile);
});

test("an end is given to a child, and both sides send and receive", async () => {
  const [mine, its] = Pipe<unknown>();
  const child = new Process({ target: task(children, echo), args: [its] });
  await child.start();
  await its.close();
  for (let i = 0; i < 20; i++) {
    await mine.send(i);
    assert.deepEqual(await mine.recv(), ["echo", i]);
  }
  await mine.close();
  await within(child.join(), "a child at its end of file");
  assert.equal(child.exitCode, 0);
});

test("a child that is killed is the end of file", async () => {
  const [mine, its] = Pipe();
  const child = new Process({ target: task(children, forEver), args: [its as never] as never });
  await child.start();
  await its.close();
  const receiving = mine.recv();
  await child.kill();
  await assert.rejects(within(receiving, "the end of file"), EndOfFile);
});

test("a child that ends at once has sent everything", async () => {
  const [mine, its] = Pipe<unknown>();
  const items = Array.from({ length: 200 }, (_, i) => ({ i }));
  const child = new Process({ target: task(children, sendAndExit), args: [its, items] });
  await child.start();
  await its.close();
  await child.join();
  const received: unknown[] = [];
  for await (const item of mine) received.push(item);
  assert.deepEqual(received, items);
});

/** Whether the send resolves before any answer could have come. */
async function resolvesAtOnce(sending: Promise<void>): Promise<boolean> {
  let resolved = false;
  void sending.then(() => (resolved = true));
  for (let i = 0; i < 20; i++) await Promise.resolve();
  return resolved;
}

test("send resolves before its answer, while few items are unanswered", async () => {
  const [a, b] = Pipe<number>();
  assert.equal(await resolvesAtOnce(a.send(0)), false, "the first one finds out whether the end can send");
  assert.equal(await b.recv(), 0);
  const first = await Promise.all(Array.from({ length: 64 }, (_, i) => resolvesAtOnce(a.send(i + 1))));
  assert.ok(first.every(Boolean));
  const last = a.send(65);
  assert.equal(await resolvesAtOnce(last), false);
  await within(last, "the answer to a send beyond the limit");
  for (let i = 1; i <= 65; i++) assert.equal(await b.recv(), i);
});

test("send waits while many bytes are on their way", async () => {
  const [a, b] = Pipe<Buffer>();
  await a.send(Buffer.alloc(1));
  await b.recv();
  assert.equal(await resolvesAtOnce(a.send(Buffer.alloc(60_000))), true);
  assert.equal(await resolvesAtOnce(a.send(Buffer.alloc(60_000))), false);
});

test("a failure that arrives after its send is thrown once, by the next call", async () => {
  const broken = async () => {
    const [a, b] = Pipe<number>();
    await a.send(1);
    await b.close();
    assert.equal(await resolvesAtOnce(a.send(2)), true);
    return a;
  };
  const sender = await broken();
  await waitFor(
    () =>
      sender.send(3).then(
        () => false,
        (error: unknown) => error instanceof BrokenPipe,
      ),
    { what: "the failure of an earlier send" },
  );
  await assert.rejects(sender.send(4), BrokenPipe);

  const receiver = await broken();
  await assert.rejects(receiver.recv(), BrokenPipe);
  await assert.rejects(receiver.recv(), EndOfFile);

  await assert.rejects((await broken()).close(), BrokenPipe);
});

for (const [how, target] of [
  ["returns", sendMany],
  ["calls process.exit", sendManyAndExit],
] as const) {
  test(`a child that ${how} right after a thousand sends has sent everything`, async () => {
    const [mine, its] = Pipe<unknown>();
    const child = new Process({ target: task(children, target), args: [its, 1000] });
    await child.start();
    await its.close();
    const received: unknown[] = [];
    for await (const item of mine) received.push(item);
    await child.join();
    assert.equal(child.exitCode, 0);
    assert.deepEqual(
      received,
      Array.from({ length: 1000 }, (_, i) => i),
    );
  });
}

test("wait gives the ends that can be read and the processes that have ended", async () => {
  const [a, b] = Pipe<number>();
  const [c] = Pipe<number>();
  const child = new Process({ target: task(children, forEver), daemon: true });
  await child.start();
  const all: (PipeEnd<number> | Process)[] = [a, c, child];
  assert.deepEqual(await wait(all, 5), []);
  await b.send(1);
  assert.deepEqual(await wait(all), [a]);
  await a.recv();
  const waiting = wait(all);
  await child.kill();
  assert.deepEqual(await within(waiting, "the end of the process"), [child]);
  assert.deepEqual(await wait([]), []);
  await waitFor(() => child.exitCode === -9);
});
