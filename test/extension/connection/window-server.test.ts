import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server as NetServer } from "node:net";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import type { PolyprocError } from "../../../protocol/errors.js";
import { watchForSocket } from "../../../extension/connection/socket-watch.js";
import { waitFor, within } from "../../deadline.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { startServer, startUnixServer } from "../../server/server-process.js";
import { openPlainSession, openWindow, socketIn } from "./window.js";

test("ensure starts a server, and later calls use it", async (t) => {
  const path = socketIn(t);
  const { server, states, launches } = openWindow(t, path);
  assert.equal(server.address, `unix:${path}`);
  assert.equal(await server.attach(), null);
  const [first, second] = await Promise.all([server.ensure(), server.ensure()]);
  assert.equal(first, second);
  assert.equal(await server.attach(), first);
  assert.equal(launches.length, 1);
  assert.equal(first.server.pid, launches[0]!.pid);
  assert.deepEqual(
    states.map(({ kind }) => kind),
    ["starting", "connected"],
  );
});

test("two windows that start a server at once get the same one, with and without a stale socket", async (t) => {
  for (const stale of [false, true]) {
    const path = socketIn(t);
    if (stale) await leaveStaleSocket(t, path);
    const windows = Array.from({ length: 4 }, () => openWindow(t, path));
    const sessions = await Promise.all(windows.map(({ server }) => server.ensure()));
    assert.equal(new Set(sessions.map(({ facts }) => facts.instanceId)).size, 1);
    assert.equal(windows.flatMap(({ launches }) => launches).length, 1);
  }
});

test("a window that reloads finds its server and what runs there", async (t) => {
  const path = socketIn(t);
  const before = openWindow(t, path);
  const rpc = await before.server.ensure();
  const run = rpc.mint("run");
  await rpc.request("run/start", {
    run,
    target: { command: "sleep", args: ["{item}"] },
    items: [Buffer.from([0xa2, 0x36, 0x30])],
  });
  await before.server.end();

  const after = openWindow(t, path);
  const found = await after.server.attach();
  assert.equal(found?.server.pid, rpc.server.pid);
  const { runs } = await found!.request("run/list", {});
  assert.deepEqual(
    runs.map((info) => [info.run, info.state]),
    [[run, "running"]],
  );
  await found!.request("run/cancel", { run });
});

test("a killed server is reported as lost, and the next ensure starts another one", async (t) => {
  const { server, states, launches } = openWindow(t, socketIn(t));
  const rpc = await server.ensure();
  const waiting = rpc
    .request("queue/create", { queue: "queue:@a" })
    .then(() => rpc.request("queue/get", { queue: "queue:@a" }));
  const unanswered = assert.rejects(waiting, (error: PolyprocError) => error.codeName === "Closed");
  process.kill(rpc.server.pid, "SIGKILL");
  await unanswered;
  await waitFor(() => states.at(-1)?.kind === "lost");
  assert.match((states.at(-1) as { detail: string }).detail, /ended \(SIGKILL\)/);
  assert.equal(launches.length, 1);
  const next = await server.ensure();
  assert.equal(launches.length, 2);
  assert.notEqual(next.facts.instanceId, rpc.facts.instanceId);
});

test("ensure during the loss of a server starts another one, after the loss was reported", async (t) => {
  const { server, states } = openWindow(t, socketIn(t));
  const rpc = await server.ensure();
  process.kill(rpc.server.pid, "SIGKILL");
  await rpc.closed;
  await server.ensure();
  assert.deepEqual(
    states.map(({ kind }) => kind),
    ["starting", "connected", "lost", "starting", "connected"],
  );
});

test("a server that was asked to stop reports that", async (t) => {
  const { path } = await startUnixServer(t);
  const { server, states } = openWindow(t, path);
  await server.attach();
  const other = await openPlainSession(path);
  await other.request("server/stop", {});
  await waitFor(() => states.at(-1)?.kind === "lost");
  assert.match((states.at(-1) as { detail: string }).detail, /the server is ending/);
});

test("stop ends the server, and it is not reported as lost", async (t) => {
  const path = socketIn(t);
  const { server, states, launches } = openWindow(t, path);
  await server.stop();
  await server.ensure();
  await server.stop();
  await within(launches[0]!.ended, "the server's end");
  assert.equal(states.at(-1)?.kind, "none");
  assert.ok(!existsSync(path));
});

test("restart replaces the server", async (t) => {
  const { server, states } = openWindow(t, socketIn(t));
  const before = await server.ensure();
  const after = await server.restart();
  assert.notEqual(before.facts.instanceId, after.facts.instanceId);
  assert.deepEqual(
    states.map(({ kind }) => kind),
    ["starting", "connected", "none", "starting", "connected"],
  );
});

test("the error for a server that dies at its start has its output", async (t) => {
  const path = socketIn(t);
  const main = join(dirname(path), "dies.mjs");
  writeFileSync(main, `console.error("polyproc: no luck today"); process.exit(3);`);
  const { server, states } = openWindow(t, path, { main });
  await assert.rejects(server.ensure(), /ended as soon as it was started \(exit code 3\): no luck today/);
  assert.equal(states.at(-1)?.kind, "failed");
});

test("the error for a missing or wrong Node.js names the setting", async (t) => {
  await assert.rejects(
    openWindow(t, socketIn(t), { nodePath: "/no/such/node" }).server.ensure(),
    /polyproc\.nodePath names \/no\/such\/node.*there is no such program/,
  );
  await assert.rejects(
    openWindow(t, socketIn(t), { nodePath: "/bin/echo" }).server.ensure(),
    /polyproc\.nodePath names \/bin\/echo.*it printed/,
  );
});

test("a server starts although the workspace's folder is gone", async (t) => {
  const path = socketIn(t);
  const folder = join(dirname(path), "gone");
  mkdirSync(folder);
  rmSync(folder, { recursive: true });
  const rpc = await openWindow(t, path, { folder }).server.ensure();
  assert.ok(rpc.server.pid > 0);
});

test("the error for a socket without permission has its path", async (t) => {
  if (process.getuid?.() === 0) {
    // To root every socket is open: the error itself.
    const path = socketIn(t);
    const refused = Object.assign(new Error("connect EACCES"), { code: "EACCES" });
    const { server } = openWindow(t, path, { connect: () => Promise.reject(refused) });
    await assert.rejects(
      server.ensure(),
      (error: Error) => error.message.includes(path) && error.message.includes("EACCES"),
    );
    return;
  }
  const { path } = await startUnixServer(t);
  chmodSync(path, 0);
  await assert.rejects(
    openWindow(t, path).server.ensure(),
    (error: Error) => error.message.includes(path) && error.message.includes("EACCES"),
  );
});

test("a server of another protocol is refused, its load is known, and a restart replaces it", async (t) => {
  const path = socketIn(t);
  const other = await otherProtocol(t, path);
  const told: Error[] = [];
  const { server, states } = openWindow(t, path, { onAttachFailed: (error) => told.push(error) });
  assert.equal(await server.attach(), null);
  assert.equal(states.at(-1)?.kind, "failed");
  assert.match(
    told[0]!.message,
    /of another version: the client speaks protocol 1\.\d+, this server 9\.0.*Restart Server/,
  );
  await assert.rejects(server.ensure(), /another version/);
  assert.deepEqual(await server.load(), { version: "9.9.9", pid: 4711, processes: 3 });
  const rpc = await server.restart();
  assert.ok(other.stopped());
  assert.notEqual(rpc.server.version, "9.9.9");
});

test("in an untrusted workspace no server is started and no socket opened", async (t) => {
  const { path } = await startUnixServer(t);
  const { server, states } = openWindow(t, path, { refusal: () => "not trusted" });
  await assert.rejects(server.ensure(), /not trusted/);
  assert.equal(await server.attach(), null);
  assert.deepEqual(states, []);
});

test("a socket that appears is noticed", async (t) => {
  const path = socketIn(t);
  const { server } = openWindow(t, path);
  const watch = watchForSocket(path, () => void server.attach());
  t.after(() => watch.dispose());
  await startServer(t, ["--listen", `unix:${path}`]);
  await waitFor(() => server.state.kind === "connected");
});

test("ensure waits for a server that is ending, then starts another one", async (t) => {
  const path = socketIn(t);
  let turnedAway = 0;
  const ending = createServer((socket) => {
    socket.on("error", () => {});
    socket.destroy();
    if (++turnedAway === 3) ending.close();
  });
  await new Promise<void>((listening) => ending.listen(path, listening));
  const { server, states } = openWindow(t, path);
  await server.ensure();
  assert.equal(turnedAway, 3);
  assert.deepEqual(
    states.map(({ kind }) => kind),
    ["starting", "connected"],
  );

  // In earnest: with a child that does not end when it is asked to.
  const other = await openPlainSession(path);
  const stubborn = other.mint("process");
  await other.request("process/start", {
    process: stubborn,
    target: { command: "sh", args: ["-c", "trap '' TERM; while :; do sleep 0.1; done"] },
  });
  await other.request("server/stop", {});
  await within(other.closed, "the server's end");
  // Connections end one after the other.
  await waitFor(() => server.state.kind !== "connected");
  const next = await server.ensure();
  assert.notEqual(next.facts.instanceId, other.facts.instanceId);
});

test("a window's server uses the configuration of its workspace, which is trusted", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "polyproc.json"), '{"runtimes": {"zebra": {"command": "zebra"}}}');
  const rpc = await openWindow(t, socketIn(t), { folder }).server.ensure();
  assert.ok(rpc.facts.runtimes.includes("zebra"));
});

test("a start lock that a dead process left behind is removed", async (t) => {
  const path = socketIn(t);
  writeFileSync(`${path}.lock`, "2147483646 gone");
  await openWindow(t, path).server.ensure();
  assert.ok(!existsSync(`${path}.lock`));
});

/** As a server that was killed leaves it. */
async function leaveStaleSocket(t: TestContext, path: string): Promise<void> {
  const server = await startServer(t, ["--listen", `unix:${path}`]);
  server.process.kill("SIGKILL");
  await server.exited();
  assert.ok(existsSync(path));
}

/** Speaks JSON, in which it refuses clients that name a version. */
async function otherProtocol(t: TestContext, path: string): Promise<{ stopped(): boolean }> {
  let stopped = false;
  const server: NetServer = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      // One message a chunk: these are short.
      for (const method of ["initialize", "server/status", "server/stop"]) {
        if (!chunk.includes(method)) continue;
        const id = idOf(chunk);
        if (method === "initialize" && chunk.includes("protocolVersion"))
          reply({
            id,
            error: {
              code: 1007,
              message: "the client speaks protocol 1.0, this server 9.0: update the older one",
              data: { name: "BadState" },
            },
          });
        else if (method === "initialize")
          reply({
            id,
            result: {
              protocolVersion: "9.0",
              serverInfo: { name: "polyproc", version: "9.9.9", pid: 4711 },
              capabilities: {},
            },
          });
        else if (method === "server/status") reply({ id, result: { processes: 5, warmHosts: 2 } });
        else {
          stopped = true;
          reply({ id, result: null });
          socket.end();
          server.close();
        }
      }
    });
    const reply = (message: object) => {
      const body = JSON.stringify({ jsonrpc: "2.0", ...message });
      socket.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    };
  });
  await new Promise<void>((listening) => server.listen(path, listening));
  t.after(() => void server.close());
  return { stopped: () => stopped };
}

/** The small integer after the key `id` of a msgpack body. */
function idOf(chunk: Buffer): number {
  const at = chunk.indexOf(Buffer.from([0xa2, 0x69, 0x64]));
  return chunk[at + 3]!;
}
