import assert from "node:assert/strict";
import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { waitFor } from "../deadline.js";
import { compiled } from "../fixture.js";
import { temporaryFolder } from "../temporary-folder.js";
import { run, start } from "./polyproc.js";

test("without options it listens on the default socket, in a 0700 folder, and prints the line to copy", async (t) => {
  const folder = temporaryFolder(t);
  const env = { XDG_RUNTIME_DIR: folder };
  const path = join(folder, "polyproc", "server.sock");
  const server = start(t, ["serve"], { env });
  await waitFor(() => server.stdout().includes("export"), { what: "the line to copy" });
  assert.equal(server.stdout(), `polyproc: listening on unix:${path}\nexport POLYPROC_ADDRESS=unix:${path}\n`);
  assert.equal(statSync(join(folder, "polyproc")).mode & 0o777, 0o700);

  assert.match((await run(t, ["top"], { env })).stdout, new RegExp(`unix:${path} `), "others find it there");
  const second = await run(t, ["serve"], { env });
  assert.equal(second.status, 2);
  assert.match(second.stderr, /a server answers there already/);
  assert.doesNotMatch(second.stdout, /export/);

  server.signal("SIGTERM");
  assert.equal((await server.ended()).status, 0);
  assert.equal(existsSync(path), false);
});

test("map and run use the server of the default socket when one answers there", async (t) => {
  const folder = temporaryFolder(t);
  const env = { XDG_RUNTIME_DIR: folder };
  const server = start(t, ["serve"], { env });
  await waitFor(() => server.stdout().includes("export"));
  const command = start(
    t,
    ["run", "--name", "seen", "--", "sh", "-c", 'echo begun; until [ -e "$0/go" ]; do sleep 0.02; done', folder],
    { env },
  );
  await waitFor(() => command.stdout() === "begun\n");
  assert.match((await run(t, ["ps"], { env })).stdout, / seen /);
  writeFileSync(join(folder, "go"), "");
  await command.ended();
  server.signal("SIGTERM");
  await server.ended();
});

test("a default socket on which no server answers counts as missing", async (t) => {
  const folder = temporaryFolder(t);
  const env = { XDG_RUNTIME_DIR: folder };
  const server = start(t, ["serve"], { env });
  await waitFor(() => server.stdout().includes("export"));
  server.signal("SIGKILL");
  await server.ended();
  assert.equal(existsSync(join(folder, "polyproc", "server.sock")), true);
  assert.equal((await run(t, ["map", "-q", "x", "--", "echo"], { env })).stdout, "x\n");
  assert.equal((await run(t, ["ps"], { env })).status, 69);
});

test("TCP with a token: POLYPROC_TOKEN opens it, and a wrong one is refused", async (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, "token");
  writeFileSync(file, "s3cret\n", { mode: 0o600 });
  const server = start(t, ["serve", "--listen", "tcp:127.0.0.1:0", "--token-file", file]);
  await waitFor(() => server.stdout().includes("listening"));
  const address = /listening on (\S+)/.exec(server.stdout())![1]!;
  assert.equal(
    (await run(t, ["map", "-q", "x", "--", "echo"], { env: { POLYPROC_ADDRESS: address, POLYPROC_TOKEN: "s3cret" } }))
      .stdout,
    "x\n",
  );
  const refused = await run(t, ["ps"], { env: { POLYPROC_ADDRESS: address, POLYPROC_TOKEN: "guess" } });
  assert.equal(refused.status, 69);
  assert.match(refused.stderr, /^polyproc: tcp:127\.0\.0\.1:\d+: the token is wrong/);
  server.signal("SIGTERM");
  await server.ended();
});

test("the server's options and their errors are passed through", async (t) => {
  const help = await run(t, ["serve", "--help"]);
  assert.equal(help.status, 0);
  assert.match(help.stdout, /--idle-timeout SECONDS/);
  const wrong = await run(t, ["serve", "--listen", "nowhere"]);
  assert.equal(wrong.status, 2);
  assert.match(wrong.stderr, /^polyproc: --listen: expected unix:PATH/);
  const folder = join(temporaryFolder(t), "s");
  mkdirSync(folder, { mode: 0o700 });
  const idle = await run(t, ["serve", "--listen", `unix:${folder}/p`, "--idle-timeout", "0.2"]);
  assert.equal(idle.status, 0);
});

test("--stdio serves one client in place of a terminal", async (t) => {
  const server = start(t, ["serve", "--stdio"], { input: null });
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params: {} });
  server.stdin.write(`Content-Length: ${body.length}\r\n\r\n${body}`);
  await waitFor(() => /^Content-Length: \d+\r\n\r\n\{.*"instanceId"/s.test(server.stdout()), {
    what: "an answer and nothing else",
  });
  server.stdin.end();
  assert.equal((await server.ended()).status, 0);
});

test("--detach: one server in the background for each socket; POLYPROC_SERVE starts it on demand", async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, "d", "s");
  const address = `unix:${path}`;
  const env = { POLYPROC_ADDRESS: address };
  const detach = ["serve", "--detach", "--listen", address, "--idle-timeout", "60"];
  const end = async () => {
    await run(t, ["stop"], { env });
    await waitFor(() => !existsSync(path), { what: "the server's end" });
  };
  const started = await Promise.all([run(t, detach), run(t, detach)]);
  assert.deepEqual(
    started.map(({ status, stderr }) => [status, stderr]),
    [
      [0, ""],
      [0, ""],
    ],
  );
  assert.equal((await run(t, ["ps"], { env })).status, 0);

  await end();
  assert.equal((await run(t, ["ps"], { env })).status, 69);
  const serve = {
    ...env,
    POLYPROC_SERVE: [process.execPath, compiled("cli/main"), ...detach].map((word) => `'${word}'`).join(" "),
  };
  assert.equal((await run(t, ["map", "-q", "x", "--", "echo"], { env: serve })).stdout, "x\n");
  assert.equal((await run(t, ["ps"], { env })).status, 0);
  await end();
});

test("a POLYPROC_SERVE that fails is reported with its command", async (t) => {
  const env = { POLYPROC_ADDRESS: `unix:${join(temporaryFolder(t), "s")}`, POLYPROC_SERVE: "echo no luck >&2; exit 3" };
  const { status, stderr } = await run(t, ["ps"], { env });
  assert.equal(status, 69);
  assert.match(
    stderr,
    /^no luck\npolyproc: unix:.*: no server answers .* POLYPROC_SERVE, .*, has failed \(exit code 3\): echo no luck/,
  );
});
