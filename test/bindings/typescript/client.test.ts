import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { join } from "node:path";
import { mock, test } from "node:test";
import { connect, Lock, Process, TimedOut, type PipeEnd, type Queue } from "../../../bindings/typescript/index.js";
import { waitFor, within } from "../../deadline.js";
import { isLiving } from "../../living.js";
import { startServer } from "../../server/server-process.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { children } from "./fixtures/modules.js";
import { startScript } from "./scripts.js";

type TestContext = Parameters<typeof temporaryFolder>[0] & Parameters<typeof startServer>[0];

async function listening(t: TestContext): Promise<string> {
  const server = await startServer(t, ["--listen", `unix:${join(temporaryFolder(t), "run", "p.sock")}`]);
  return server.addresses[0]!;
}

test("two clients of one server share named objects", async (t) => {
  const address = await listening(t);
  await using first = await connect(address);
  await using second = await connect(address);
  const mine = new first.Lock({ name: "build" });
  const yours = new second.Lock({ name: "build" });
  await mine.acquire();
  assert.equal(await yours.acquire({ block: false }), false);
  await first.close();
  assert.equal(await within(yours.acquire(), "the lock of a session that has ended"), true);
});

test("a script that calls process.exit right after a thousand sends has sent everything", async (t) => {
  const address = await listening(t);
  await using mp = await connect(address);
  const [mine, its] = mp.Pipe<number>();
  const ends = new mp.Queue<PipeEnd>({ name: "ends" });
  await ends.put(its);
  const script = startScript(t, "ends", ["sends"], { POLYPROC_ADDRESS: address });
  assert.equal(await script.ended(), 5);
  await its.close();
  const received: number[] = [];
  for await (const item of mine) received.push(item);
  assert.deepEqual(
    received,
    Array.from({ length: 1000 }, (_, i) => i),
  );
});

test("a resolved send arrives even if the server read nothing before the script's process.exit", async (t) => {
  const server = await startServer(t, ["--listen", `unix:${join(temporaryFolder(t), "run", "p.sock")}`]);
  const address = server.addresses[0]!;
  await using mp = await connect(address);
  const pipes = Array.from({ length: 12 }, () => mp.Pipe<string>());
  await new mp.Queue<PipeEnd[]>({ name: "ends" }).put(pipes.map(([, its]) => its));
  const script = startScript(t, "ends", ["fills", String(server.process.pid)], { POLYPROC_ADDRESS: address });
  assert.equal(await script.ended(), 5);
  server.process.kill("SIGCONT");
  let received = 0;
  for (const [mine, its] of pipes) {
    await its.close();
    for await (const _ of mine) received++;
  }
  const resolved = Number(/^resolved (\d+)$/m.exec(script.stdout())![1]);
  assert.ok(resolved > pipes.length && received >= resolved, `${resolved} sends had resolved, ${received} items came`);
});

test("a client's classes are the package's, bound to it", async (t) => {
  await using mp = await connect(await listening(t));
  const lock = new mp.Lock();
  assert.ok(lock instanceof Lock);
  assert.ok(lock instanceof mp.Lock);
  assert.equal(lock.connection, mp.connection);
  class Own extends mp.Process {}
  assert.equal(new Own().connection, mp.connection);
  assert.ok(new Own() instanceof Process);
  const condition = new mp.Condition();
  assert.equal((await condition.lockOf()).connection, mp.connection);
  const [a, b] = mp.Pipe();
  await a.send(1);
  assert.equal(await b.recv(), 1);
});

test("processes run on the server of the client, and end with it when they are daemonic", async (t) => {
  const mp = await connect(await listening(t));
  const queue: Queue<{ pid: number }> = new mp.Queue<{ pid: number }>();
  const child = new mp.Process({ target: { module: children.url, export: "putIdentity" }, args: [queue, "x"] });
  await child.start();
  assert.equal((await queue.get()).pid, child.pid);
  await child.join();
  const endless = new mp.Process({ target: { module: children.url, export: "forEver" }, daemon: true });
  await endless.start();
  assert.deepEqual(await mp.activeChildren(), [endless]);
  const { pid } = endless;
  await mp.close();
  await waitFor(() => !isLiving(pid!), { what: "the daemonic child to end" });
});

test("output is handed to the client that asks for it", async (t) => {
  const lines: string[] = [];
  await using mp = await connect(await listening(t), { output: (line) => lines.push(line.text) });
  const child = new mp.Process({ target: { module: children.url, export: "print" }, args: ["one", "two"] });
  await child.start();
  await child.join();
  assert.deepEqual(lines, ["one", "two"]);
  mp.setOutput("ignore");
  const silent = new mp.Process({ target: { module: children.url, export: "print" }, args: ["three"] });
  await silent.start();
  await silent.join();
  assert.deepEqual(lines, ["one", "two"]);
});

test("on TCP the token is needed", async (t) => {
  const server = await startServer(t, ["--listen", "tcp:127.0.0.1:0"], {
    env: { POLYPROC_TOKEN: "correct horse battery staple" },
  });
  const address = server.addresses[0]!;
  await assert.rejects(connect(address, { token: undefined }), { codeName: "Unauthorized" });
  await assert.rejects(connect(address, { token: "wrong" }), { codeName: "Unauthorized" });
  await using mp = await connect(address, { token: "correct horse battery staple" });
  assert.equal(await new mp.Lock().acquire(), true);
});

test("where no server listens the error says so", async (t) => {
  await assert.rejects(
    connect(`unix:${join(temporaryFolder(t), "nobody.sock")}`),
    /no server answers at unix:.*polyproc serve/,
  );
  await assert.rejects(connect("nowhere"), TypeError);
});

for (const kind of ["unix", "tcp", "tls"] as const) {
  test(`connect rejects when the server accepts and never answers (${kind})`, async (t) => {
    const silent = createServer();
    const path = join(temporaryFolder(t), "s");
    if (kind === "unix") silent.listen(path);
    else silent.listen(0, "127.0.0.1");
    await once(silent, "listening");
    const address = kind === "unix" ? `unix:${path}` : `${kind}:127.0.0.1:${(silent.address() as AddressInfo).port}`;
    mock.timers.enable({ apis: ["setTimeout"] });
    try {
      const connecting = assert.rejects(
        connect(address, { token: "t" }),
        (error) =>
          error instanceof TimedOut &&
          error.message.startsWith(`what listens at ${address} has not answered within 30 s`),
      );
      const [socket] = (await once(silent, "connection")) as [Socket];
      // Of `initialize`, or of the handshake.
      await once(socket, "data");
      mock.timers.tick(30_000);
      await connecting;
      await once(socket, "end");
    } finally {
      mock.timers.reset();
      silent.close();
    }
  });
}

test("when the server ends, pending and later requests reject", async (t) => {
  const server = await startServer(t, ["--listen", `unix:${join(temporaryFolder(t), "run", "p.sock")}`]);
  const mp = await connect(server.addresses[0]!);
  const lock = new mp.Lock();
  await lock.acquire();
  const waiting = lock.acquire();
  await waitFor(async () => (await lock.status()).waiters === 1);
  server.process.kill("SIGKILL");
  await assert.rejects(within(waiting, "the end"), { codeName: "Closed" });
  await assert.rejects(lock.release(), { codeName: "Closed" });
  assert.throws(() => new mp.Lock().handle, { codeName: "Closed" });
  await mp.connection.closed;
});

test("a script uses the server of POLYPROC_ADDRESS", async (t) => {
  const address = await listening(t);
  await using mp = await connect(address);
  const script = startScript(t, "ends", ["waits"], { POLYPROC_ADDRESS: address });
  await waitFor(() => script.stdout().includes("ready"));
  const { processes } = await mp.connection.request("process/list", { scope: "all" });
  const [child] = script.children();
  assert.ok(processes.some((process) => process.pid === child));
  process.kill(child!, "SIGKILL");
  assert.equal(await script.ended(), 0);
});
