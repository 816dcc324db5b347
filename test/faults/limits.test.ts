import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { connect, SpawnFailed } from "../../bindings/typescript/index.js";
import { within } from "../deadline.js";
import { compiled, root } from "../fixture.js";
import { temporaryFolder } from "../temporary-folder.js";
import { needs } from "../tools/needs.js";
import { startProgram } from "./script.js";

const echo = { module: join(root, "test/conformance/fixtures/work.pl"), export: "echo", runtime: "perl" };

test("with 1,024 descriptors 200 workers and 1,000 pipes work, or say what to raise", needs("perl"), async (t) => {
  const socket = join(temporaryFolder(t), "s");
  const server = startProgram(t, "a server with 1,024 descriptors", [
    "sh",
    "-c",
    // Node raises the soft limit to the hard one; this sets both.
    'ulimit -n 1024; exec "$@"',
    "sh",
    process.execPath,
    compiled("server/main"),
    "--listen",
    `unix:${socket}`,
    "--runtime",
    `perl=perl ${join(root, "examples/runtimes/host.pl")}`,
  ]);
  assert.equal(await server.line(), `polyproc: listening on unix:${socket}`);
  {
    await using mp = await connect(`unix:${socket}`);

    const pool = new mp.Pool(200);
    const numbers = Array.from({ length: 200 }, (_, i) => i);
    const mapped = pool.map(echo, numbers, { chunkSize: 1, returnExceptions: true });
    const outcomes: unknown[] = await within(mapped, "200 tasks", 240_000);
    for (const [i, outcome] of outcomes.entries()) {
      if (outcome === i) continue;
      assert.ok(outcome instanceof SpawnFailed, String(outcome));
      assert.match(outcome.message, /too many open files \(EMFILE\); run fewer at once or raise ulimit -n/);
    }

    const pipes = Array.from({ length: 1000 }, () => mp.Pipe<number>());
    // Some pipes are used enough to get a channel of their own, as far as there are descriptors.
    for (const [i, [writer, reader]] of pipes.entries()) {
      for (let n = 0; n < (i < 20 ? 20 : 1); n++) {
        const received = reader.recv();
        await writer.send(i + n);
        assert.equal(await within(received, `item ${n} of pipe ${i}`), i + n);
      }
    }

    await within(pool.terminate(), "the end of 200 workers");
    const next = new mp.Pool(4);
    assert.deepEqual(await within(next.map(echo, [1, 2, 3]), "a pool afterwards"), [1, 2, 3]);
    await next.terminate();
  }
  server.process.kill("SIGTERM");
  assert.equal(await server.exited(), 0);
});
