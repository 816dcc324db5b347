import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { Duplex } from "node:stream";
import type { Socket } from "node:net";
import { compiled } from "../fixture.js";
import { waitFor, within } from "../deadline.js";
import { isLiving } from "../living.js";
import { RawClient, type Framing } from "./clients.js";
import { spawnServer } from "./server-process.js";

interface Owned {
  client: RawClient;
  session: string;
  start(params: object): Promise<number>;
}

async function own(socket: Duplex, framing: Framing): Promise<Owned> {
  const client = new RawClient(socket, framing);
  const { session } = (await client.request("initialize", {})).result as { session: string };
  let count = 0;
  return {
    client,
    session,
    async start(params) {
      const { result, error } = await client.request("process/start", {
        process: `process:${session}.${++count}`,
        target: { command: "sleep", args: ["1000"] },
        ...params,
      });
      assert.equal(error, undefined);
      return (result as { pid: number }).pid;
    },
  };
}

for (const framing of ["json", "frames"] as const) {
  test(`--stdio: a child that goes on keeps the server, which closes its standard streams (${framing})`, async (t) => {
    const server = spawnServer(t, ["--stdio"], { stdio: "pipe" });
    const { stdin, stdout, stderr } = server.process;
    const { start } = await own(Duplex.from({ readable: stdout!, writable: stdin! }), framing);
    const ends = await start({});
    const goesOn = await start({ onParentDeath: "continue" });
    t.after(() => void (isLiving(goesOn) && process.kill(goesOn, "SIGKILL")));
    const closed = Promise.all([once(stdout!, "close"), once(stderr!, "close")]);
    stdin!.end();
    await within(closed, "the end of what the server held of its client");
    await waitFor(() => !isLiving(ends), { what: "the end of the child" });
    assert.ok(isLiving(goesOn));
    assert.equal(server.process.exitCode, null);
    process.kill(goesOn, "SIGKILL");
    assert.equal(await server.exited(), 0);
  });
}

test("--fd: children and runs end with the client", async (t) => {
  const server = spawn(process.execPath, [compiled("server/main"), "--fd", "3"], {
    stdio: ["ignore", "ignore", "inherit", "pipe"],
  });
  t.after(() => void server.kill("SIGKILL"));
  const exit = once(server, "exit");
  const { client, session, start } = await own(server.stdio[3] as Socket, "frames");
  const child = await start({});
  const { error } = await client.request("run/start", {
    run: `run:${session}.1`,
    target: { command: "sleep", args: ["1000"] },
    items: [Uint8Array.of(1)],
  });
  assert.equal(error, undefined);
  const list = async () =>
    (
      (await client.request("process/list", { scope: "all" })).result as {
        processes: { role: string; pid: number | null }[];
      }
    ).processes;
  const task = await waitFor(async () => (await list()).find(({ role, pid }) => role === "task" && pid !== null)?.pid, {
    what: "the run's command",
  });
  client.close();
  assert.deepEqual(await within(exit, "the server's end"), [0, null]);
  assert.deepEqual([child, task].filter(isLiving), []);
});

test("a client that dies while its shutdown waits for a child counts as dead: the child ends", async (t) => {
  const server = spawnServer(t, ["--stdio"], { stdio: "pipe" });
  const { client, start } = await own(
    Duplex.from({ readable: server.process.stdout!, writable: server.process.stdin! }),
    "json",
  );
  const child = await start({});
  client.send({ jsonrpc: "2.0", id: "last", method: "shutdown" });
  client.send({ jsonrpc: "2.0", id: "refused", method: "server/status" });
  assert.match((await client.answer("refused")).error!.message, /was shut down/);
  assert.ok(isLiving(child));
  server.process.stdin!.destroy();
  assert.equal(await server.exited(), 0);
  assert.ok(!isLiving(child));
});

test("a process cannot be daemonic and outlive its parent", async (t) => {
  const server = spawnServer(t, ["--stdio"], { stdio: "pipe" });
  const { client, session } = await own(
    Duplex.from({ readable: server.process.stdout!, writable: server.process.stdin! }),
    "json",
  );
  const { error } = await client.request("process/start", {
    process: `process:${session}.9`,
    target: { command: "sleep", args: ["1000"] },
    daemon: true,
    onParentDeath: "continue",
  });
  assert.equal(error?.data?.["name"], "InvalidParams");
  assert.match(error!.message, /leave one of the two out/);
  assert.deepEqual((await client.request("process/list", { scope: "children" })).result, { processes: [] });
  server.process.stdin!.end();
  assert.equal(await server.exited(), 0);
});
