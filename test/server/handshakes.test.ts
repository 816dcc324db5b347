import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { connect as connectTls } from "node:tls";
import { maxStrangers } from "../../server/doors.js";
import { listen } from "../../server/listen.js";
import { waitFor, within } from "../deadline.js";
import { temporaryFolder } from "../temporary-folder.js";
import { startServer } from "./server-process.js";
import { certificate, privateKey } from "./tls-files.js";

function tlsFiles(t: TestContext): { cert: string; key: string } {
  const folder = temporaryFolder(t);
  const files = { cert: join(folder, "certificate.pem"), key: join(folder, "key.pem") };
  writeFileSync(files.cert, certificate);
  writeFileSync(files.key, privateKey);
  return files;
}

/** A client that connects and says nothing, so that the handshake never ends. */
async function silent(t: TestContext, port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  t.after(() => socket.destroy());
  // The server may reset it.
  socket.on("error", () => {});
  socket.resume();
  await once(socket, "connect");
  return socket;
}

test("a server ends although a client's TLS handshake is not done", async (t) => {
  const { cert, key } = tlsFiles(t);
  const tls = ["--tls-cert", cert, "--tls-key", key, "--token-file", join(temporaryFolder(t), "token")];
  const server = await startServer(t, ["--listen", "tls:127.0.0.1:0", ...tls]);
  const client = await silent(t, Number(server.addresses[0]!.split(":").at(-1)));
  const closed = once(client, "close");
  server.process.kill("SIGTERM");
  assert.equal(await server.exited(), 0);
  await within(closed, "the end of the connection");
});

test("a TLS handshake that is not done ends after ten seconds, or for one of many further ones", async (t) => {
  const accepted: Socket[] = [];
  const listener = await listen({ kind: "tls", host: "127.0.0.1", port: 0 }, tlsFiles(t));
  t.after(async () => {
    for (const socket of accepted) socket.destroy();
    await listener.close();
  });
  listener.serve((socket) => accepted.push(socket));
  assert.ok("port" in listener.address);
  const { port } = listener.address;

  const secure = connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false });
  t.after(() => secure.destroy());
  await once(secure, "secureConnect");
  await waitFor(() => accepted.length === 1);

  const sockets: Socket[] = [];
  for (let i = 0; i < maxStrangers; i++) sockets.push(await silent(t, port));
  const first = once(sockets[0]!, "close");
  const last = await silent(t, port);
  await within(first, "the end of the oldest");
  assert.equal(last.destroyed, false);
  await within(once(last, "close"), "the end after the time limit");
  assert.equal(accepted[0]!.destroyed, false);
});
