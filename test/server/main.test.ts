import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { Duplex } from "node:stream";
import { test } from "node:test";
import { waitFor, within } from "../deadline.js";
import { compiled } from "../fixture.js";
import { isLiving } from "../living.js";
import { temporaryFolder } from "../temporary-folder.js";
import { RawClient, type Framing } from "./clients.js";
import { spawnServer, startServer, startUnixServer } from "./server-process.js";

const framings: Framing[] = ["json", "msgpack", "frames"];

test("--stdio serves its client in either framing, writes nothing else, and ends with it", async (t) => {
  for (const framing of framings) {
    const server = spawnServer(t, ["--stdio"], { stdio: "pipe" });
    const { stdin, stdout } = server.process;
    const client = new RawClient(Duplex.from({ readable: stdout!, writable: stdin! }), framing);
    assert.equal((await client.request("initialize", {})).error, undefined);
    assert.deepEqual((await client.request("server/status", {})).result.addresses, []);
    stdin!.end();
    assert.equal(await server.exited(), 0);
    assert.equal(server.stderr(), "");
  }
});

test("--stdio and several --listen serve the same objects", async (t) => {
  const folder = temporaryFolder(t);
  const server = spawnServer(
    t,
    [
      "--stdio",
      "--listen",
      `unix:${folder}/a`,
      "--listen",
      `unix:${folder}/b`,
      "--listen",
      "tcp:127.0.0.1:0",
      "--token-file",
      `${folder}/token`,
    ],
    { stdio: "pipe" },
  );
  const stdio = new RawClient(
    Duplex.from({ readable: server.process.stdout!, writable: server.process.stdin! }),
    "json",
  );
  await stdio.request("initialize", {});
  const { addresses } = (await stdio.request("server/status", {})).result as { addresses: string[] };
  assert.equal(addresses.length, 3);
  const token = readFileSync(`${folder}/token`, "utf8").trim();
  const clients = [
    stdio,
    await RawClient.open(`${folder}/a`, "frames"),
    await RawClient.open(`${folder}/b`, "json"),
    await RawClient.connectTcp(addresses[2]!, "frames"),
  ];
  assert.equal((await clients[3]!.request("initialize", { token })).error, undefined);
  for (const client of clients)
    assert.equal(
      (await client.request("semaphore/create", { semaphore: "semaphore:@shared", value: 4 })).error,
      undefined,
    );
  for (const client of clients)
    assert.equal(
      (await client.request("semaphore/acquire", { semaphore: "semaphore:@shared", timeoutMs: 0 })).result.acquired,
      true,
    );
  assert.equal(
    (await stdio.request("semaphore/acquire", { semaphore: "semaphore:@shared", timeoutMs: 0 })).result.acquired,
    false,
  );
  server.process.stdin!.end();
  assert.equal(await server.exited(), 0);
  assert.ok(!existsSync(`${folder}/a`) && !existsSync(`${folder}/b`));
  for (const client of clients) client.close();
});

test("--fd serves the client that started it, and ends with it", async (t) => {
  const child = spawn(process.execPath, [compiled("server/main"), "--fd", "3"], {
    stdio: ["ignore", "pipe", "inherit", "pipe"],
  });
  t.after(() => void child.kill("SIGKILL"));
  const exit = once(child, "exit");
  const client = new RawClient(child.stdio[3] as Socket, "frames");
  assert.equal((await client.request("initialize", {})).error, undefined);
  client.socket.destroy();
  assert.deepEqual(await within(exit, "its end"), [0, null]);
});

test("invalid options are reported, with exit status 2", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(`${folder}/loose`, "secret\n");
  chmodSync(`${folder}/loose`, 0o644);
  writeFileSync(`${folder}/file`, "");
  mkdirSync(`${folder}/open`);
  chmodSync(`${folder}/open`, 0o777);
  const refused: [string[], RegExp][] = [
    [[], /say where to serve/],
    [["--nonsense"], /nonsense/],
    [["--listen", "unix"], /expected unix:PATH/],
    [["--listen", "tcp:127.0.0.1:99999"], /expected unix:PATH/],
    [["--listen", "tcp:127.0.0.1:0"], /need a token/],
    [["--listen", "tcp:0.0.0.0:0", "--token-file", `${folder}/t`], /clear text/],
    [["--listen", "tls:0.0.0.0:0", "--token-file", `${folder}/t`], /--tls-cert/],
    [["--listen", "tcp:127.0.0.1:0", "--token-file", `${folder}/loose`], /chmod 600/],
    [["--listen", `unix:${folder}/file`], /is not a socket/],
    [["--listen", `unix:${folder}/open/s`], /others can write/],
    [["--listen", `unix:${folder}/${"long".repeat(40)}`], /longer than/],
    [["--stdio", "--fd", "3"], /exclude each other/],
    [["--fd", "9"], /not an open socket/],
    [["--fd", "2"], /as 0, or as 3 to 15/],
    [["--fd", "77"], /from 0 to 15/],
    [["--stdio", "--warm-hosts", "few"], /whole number/],
    [["--stdio", "--idle-timeout", ""], /seconds/],
  ];
  // Two at a time: all of them at once would keep each other from starting.
  const next = refused.values();
  await Promise.all(
    [1, 2].map(async () => {
      for (const [args, text] of next) {
        const server = spawnServer(t, args);
        assert.equal(await server.exited(), 2, args.join(" "));
        assert.match(server.stderr(), text);
        assert.match(server.stderr(), /^polyproc: [^\n]*\n$/);
      }
    }),
  );
});

test("the folder of a socket is private to its owner, and the socket is removed with the server", async (t) => {
  const path = join(temporaryFolder(t), "new", "s");
  const server = await startServer(t, ["--listen", `unix:${path}`]);
  assert.equal(statSync(join(path, "..")).mode & 0o777, 0o700);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  server.process.kill("SIGTERM");
  assert.equal(await server.exited(), 0);
  assert.ok(!existsSync(path));
});

test("a socket on which no server answers is replaced, one in use is not", async (t) => {
  const path = join(temporaryFolder(t), "s");
  const dead = await startServer(t, ["--listen", `unix:${path}`]);
  dead.process.kill("SIGKILL");
  await dead.exited();
  assert.ok(existsSync(path));
  await startServer(t, ["--listen", `unix:${path}`]);
  const second = spawnServer(t, ["--listen", `unix:${path}`]);
  assert.equal(await second.exited(), 2);
  assert.match(second.stderr(), /a server answers there already/);
  (await RawClient.open(path, "frames")).close();
});

test("if one address cannot be bound, the others are released", async (t) => {
  const folder = temporaryFolder(t);
  const taken = createServer().listen(0, "127.0.0.1");
  t.after(() => void taken.close());
  await once(taken, "listening");
  const { port } = taken.address() as { port: number };
  const server = spawnServer(t, [
    "--listen",
    `unix:${folder}/s`,
    "--listen",
    `tcp:127.0.0.1:${port}`,
    "--token-file",
    `${folder}/t`,
  ]);
  assert.equal(await server.exited(), 2);
  assert.match(server.stderr(), /another program listens there/);
  assert.ok(!existsSync(`${folder}/s`));
});

test("server/stop, SIGINT and SIGTERM end it with its children, and clients are told", async (t) => {
  for (const way of ["server/stop", "SIGINT", "SIGTERM"] as const) {
    const server = await startUnixServer(t);
    const client = await RawClient.open(server.path, "json");
    await client.request("process/start", { process: "process:s1.1", target: { command: "sleep", args: ["1000"] } });
    const { result } = await client.request("process/status", { process: "process:s1.1" });
    if (way === "server/stop") assert.equal((await client.request("server/stop")).result, null);
    else server.process.kill(way);
    assert.equal((await client.lastWords()).data?.["name"], "ShuttingDown");
    assert.equal(await server.exited(), 0);
    assert.ok(!isLiving(result.pid as number));
    assert.ok(!existsSync(server.path));
  }
});

test("a second signal ends it at once, and the guardian ends its children", async (t) => {
  const server = await startUnixServer(t);
  const client = await RawClient.open(server.path, "json");
  const ready = join(temporaryFolder(t), "ready");
  await client.request("process/start", {
    process: "process:s1.1",
    target: { command: "sh", args: ["-c", `trap "" TERM; : > ${ready}; while :; do sleep 1; done`] },
  });
  const { result } = await client.request("process/status", { process: "process:s1.1" });
  await waitFor(() => existsSync(ready), { what: "a child that does not care for SIGTERM" });
  server.process.kill("SIGTERM");
  await waitFor(() => !existsSync(server.path), { what: "the first signal's effect" });
  server.process.kill("SIGTERM");
  assert.equal(await server.exited(), 1);
  await waitFor(() => !isLiving(result.pid as number), { what: "the child's end" });
});

test("with --idle-timeout it ends after that time without a client", async (t) => {
  const server = await startUnixServer(t, ["--idle-timeout", "1"]);
  const client = await RawClient.open(server.path, "frames");
  client.close();
  assert.equal(await server.exited(), 0);
});

test("--help and --version", async (t) => {
  const help = spawnServer(t, ["--help"]);
  assert.equal(await help.exited(), 0);
  assert.match(help.stdout(), /--listen ADDRESS/);
  const version = spawnServer(t, ["--version"]);
  assert.equal(await version.exited(), 0);
  assert.match(version.stdout(), /^\d+\.\d+\.\d+\n$/);
});
