import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { connect as connectTls } from "node:tls";
import { waitFor, within } from "../deadline.js";
import { temporaryFolder } from "../temporary-folder.js";
import { RawClient, type Framing } from "./clients.js";
import { certificate, privateKey } from "./tls-files.js";
import { startServer } from "./server-process.js";

const framings: Framing[] = ["json", "msgpack", "frames"];

test("TCP needs the token: right, wrong and missing", async (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, "token");
  const server = await startServer(t, ["--listen", "tcp:127.0.0.1:0", "--token-file", file]);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const token = readFileSync(file, "utf8").trim();
  assert.ok(token.length >= 40);
  for (const framing of framings) {
    const right = await RawClient.connectTcp(server.addresses[0]!, framing);
    assert.equal((await right.request("initialize", { token })).error, undefined);
    right.close();
    for (const [params, text] of [
      [{}, /needs a token/],
      [{ token: `${token}x` }, /token is wrong/],
      [{ token: "" }, /token is wrong/],
    ] as const) {
      const client = await RawClient.connectTcp(server.addresses[0]!, framing);
      const { error } = await client.request("initialize", params);
      assert.equal(error?.data?.["name"], "Unauthorized");
      assert.match(error!.message, text);
      assert.ok(!JSON.stringify(error).includes(token));
      // One guess a connection.
      client.send({ jsonrpc: "2.0", id: 9, method: "initialize", params: { token } });
      await waitFor(() => client.ended, { what: "the end of a connection with a wrong token" });
      assert.ok(!client.received.some(({ id }) => id === 9));
    }
  }
  assert.ok(!server.stdout().includes(token) && !server.stderr().includes(token));
});

test("the token may come from the environment, and children of a Unix server do not see it", async (t) => {
  const folder = temporaryFolder(t);
  const token = "a-token-of-the-environment";
  const server = await startServer(t, ["--listen", "tcp:127.0.0.1:0", "--listen", `unix:${folder}/s`], {
    env: { POLYPROC_TOKEN: token },
  });
  const client = await RawClient.connectTcp(server.addresses[0]!, "json");
  const { result } = await client.request("initialize", { token });
  await client.request("pool/create", { pool: `pool:${result.session}.1` });
  const { result: mapped } = await client.request("pool/map", {
    pool: `pool:${result.session}.1`,
    target: { command: "sh", args: ["-c", "env"] },
    items: [""],
  });
  const { stdout } = mapped.outcomes[0].value as { stdout: string };
  assert.match(stdout, new RegExp(`^POLYPROC_ADDRESS=unix:${folder}/s$`, "m"));
  assert.ok(!stdout.includes(token));
  client.close();
});

test("TLS serves with a certificate and a token", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(`${folder}/cert.pem`, certificate);
  writeFileSync(`${folder}/key.pem`, privateKey);
  const server = await startServer(t, [
    "--listen",
    "tls:127.0.0.1:0",
    "--tls-cert",
    `${folder}/cert.pem`,
    "--tls-key",
    `${folder}/key.pem`,
    "--token-file",
    `${folder}/token`,
  ]);
  const port = Number(server.addresses[0]!.split(":").at(-1));
  const connect = async (framing: Framing) => {
    const socket = connectTls({ port, host: "127.0.0.1", ca: certificate, servername: "localhost" });
    await within(once(socket, "secureConnect"), "a TLS connection");
    return new RawClient(socket, framing);
  };
  for (const framing of framings) {
    const client = await connect(framing);
    assert.equal((await client.request("initialize", {})).error?.data?.["name"], "Unauthorized");
    client.close();
    const welcome = await connect(framing);
    assert.equal(
      (await welcome.request("initialize", { token: readFileSync(`${folder}/token`, "utf8").trim() })).error,
      undefined,
    );
    // Larger than TLS's own records, in both directions.
    await welcome.request("queue/create", { queue: "queue:@q" });
    const item =
      framing === "json" ? { $bytes: Buffer.alloc(300_000, 9).toString("base64") } : Buffer.alloc(300_000, 9);
    await welcome.request("queue/put", { queue: "queue:@q", items: [item] });
    assert.deepEqual((await welcome.request("queue/get", { queue: "queue:@q" })).result.items, [item]);
    welcome.close();
  }
});
