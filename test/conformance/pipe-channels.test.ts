import assert from "node:assert/strict";
import { join } from "node:path";
import { after, describe, test, type TestContext } from "node:test";
import { EndOfFile, Pipe, type PipeEnd, Pool, shutdown, wait, WorkerLost } from "../../bindings/typescript/index.js";
import { within } from "../deadline.js";
import { compiled, root } from "../fixture.js";
import { needs } from "../tools/needs.js";

after(shutdown);

const peers = {
  node: { module: compiled("test/conformance/fixtures/pipe-peer"), runtime: "node" },
  python: { module: join(root, "test/conformance/fixtures/pipe_peer.py"), runtime: "python" },
};

type Item = [number: number, filling: Uint8Array];

const rounds = 40;
/** The FIFOs of both directions. */
const opened = 2;

for (const first of ["node", "python"] as const) {
  for (const second of ["node", "python"] as const) {
    const skip = process.platform === "linux" ? needs("python3").skip : "channels are Linux's";
    describe(`a pipe between ${first} and ${second} goes past the server`, { skip }, () => pair(first, second));
  }
}

function pair(first: keyof typeof peers, second: keyof typeof peers): void {
  /** Runs a function in a process of each of the two. */
  function run(t: TestContext) {
    const pool = new Pool(2);
    t.after(() => pool.terminate());
    const call = (peer: keyof typeof peers, name: string, args: unknown[]) =>
      pool.apply({ ...peers[peer], export: name } as never, args as never) as Promise<unknown>;
    return {
      first: (name: string, ...args: unknown[]) => call(first, name, args),
      second: (name: string, ...args: unknown[]) => call(second, name, args),
    };
  }

  test("and carries items of every size in both directions", async (t) => {
    const [a, b] = Pipe();
    const processes = run(t);
    const sizes = Array.from({ length: 150 }, (_, i) => [0, 1, 4080, 4100, 8170, 8190, 20_000, 90_000][i % 8]!);
    const small = new Array<number>(rounds).fill(8);
    const echoing = processes.second("echo", b, rounds + sizes.length);
    assert.ok(Number(await within(processes.first("ask", a, small), "the dialogue")) >= opened);
    await within(Promise.all([processes.first("ask", a, sizes), echoing]), "the dialogue of every size");
  });

  test("and waits no longer than it is told to", async (t) => {
    const [a, b] = Pipe();
    const processes = run(t);
    const echoing = processes.second("echo", b, 4 * rounds);
    assert.ok(Number(await within(processes.first("askWithPauses", a, rounds), "the dialogue")) >= opened);
    await within(echoing, "the echo");
  });

  for (const dies of [false, true]) {
    test(`and ends after all items of a writer that ${dies ? "was killed" : "has returned"}`, async (t) => {
      const [a, b] = Pipe();
      const processes = run(t);
      const sent = processes.first("askThenSend", a, [rounds, 10, 4500], dies);
      const received = processes.second("echoThenReceive", b, [rounds, 10], false);
      if (dies) await assert.rejects(within(sent, "the writer"), WorkerLost);
      else assert.ok(Number(await within(sent, "the writer")) >= opened);
      assert.deepEqual(await within(received, "the reader"), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      await a.close();
      await assert.rejects(within((b as PipeEnd<Item>).recv(), "the end of the pipe"), EndOfFile);
    });

    test(`and another process receives what a reader that ${dies ? "was killed" : "went on"} has not`, async (t) => {
      const [a, b] = Pipe<Item>();
      const processes = run(t);
      const received = processes.second("echoThenReceive", b, [rounds, 3], dies);
      const sent = processes.first("askThenSend", a, [rounds, 12, 4500], false);
      if (dies) await assert.rejects(within(received, "the reader"), WorkerLost);
      else assert.deepEqual(await within(received, "the reader"), [0, 1, 2]);
      assert.ok(Number(await within(sent, "the writer")) >= opened);
      assert.deepEqual(await within(wait([b]), "the next item"), [b]);
      for (let number = 3; number < 12; number++) {
        const [next, filling] = await within(b.recv(), `item ${number}`);
        assert.deepEqual([next, filling.length, filling[0]], [number, 4500, number]);
      }
      assert.equal(await b.poll(), false);
    });
  }

  test("and drops the item that its writer had begun when it was killed", async (t) => {
    const [a, b] = Pipe<Item>();
    const processes = run(t);
    const received = processes.second("echoThenReceive", b, [rounds, 1], false);
    await assert.rejects(within(processes.first("askThenDieWithinAnItem", a, rounds), "the writer"), WorkerLost);
    assert.deepEqual(await within(received, "the reader"), [0]);
    await a.close();
    await assert.rejects(within(b.recv(), "the end of the pipe"), EndOfFile);
  });

  for (const size of [8, 4500]) {
    test(`and loses the one item of ${size} bytes that its reader had read when it was killed`, async (t) => {
      const [a, b] = Pipe<Item>();
      const processes = run(t);
      const received = processes.second("echoThenDieWithAPacket", b, rounds);
      const sent = processes.first("askThenSend", a, [rounds, 5, size], false);
      await assert.rejects(within(received, "the reader"), WorkerLost);
      await within(sent, "the writer");
      for (let number = 1; number < 5; number++) assert.equal((await within(b.recv(), `item ${number}`))[0], number);
    });
  }
}
