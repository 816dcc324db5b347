import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import path from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import fc from "fast-check";
import { createMessageConnection, SocketMessageReader, SocketMessageWriter } from "vscode-jsonrpc/node";
import type { Payload } from "../../protocol/schema.js";
import { payloadToJson } from "../../protocol/values.js";
import { RpcEndpoint } from "../../server/ipc/framing/rpc-endpoint.js";
import { compiled } from "../fixture.js";
import { temporaryFolder } from "../temporary-folder.js";
import { jsonForm } from "./values.arbitrary.js";

test(
  "every value survives from a JSON peer through the server to a msgpack peer, and back",
  { timeout: 60_000 },
  async (t) => {
    const socketPath = path.join(temporaryFolder(t), "p", "s");
    const server = spawn(
      process.execPath,
      [compiled("server/main"), "--listen", `unix:${socketPath}`, "--warm-hosts", "0"],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    const exited = once(server, "exit");
    t.after(async () => {
      server.kill();
      await exited;
    });
    await once(createInterface(server.stdout), "line");

    const jsonSocket = connect(socketPath);
    const json = createMessageConnection(new SocketMessageReader(jsonSocket), new SocketMessageWriter(jsonSocket));
    json.listen();
    const frames = new RpcEndpoint(connect(socketPath), { onNotification: () => {} });
    t.after(() => {
      json.dispose();
      jsonSocket.destroy();
      frames.close();
    });
    await Promise.all([json.sendRequest("initialize", {}), frames.request("initialize", {})]);
    for (const queue of ["queue:@there", "queue:@back", "queue:@shared"]) {
      await Promise.all([json.sendRequest("queue/create", { queue }), frames.request("queue/create", { queue })]);
    }

    await fc.assert(
      fc.asyncProperty(fc.array(jsonForm, { minLength: 1, maxLength: 10 }), async (values) => {
        const items = values.map(withLivingHandles);
        await json.sendRequest("queue/put", { queue: "queue:@there", items });
        const received = (await frames.request("queue/get", { queue: "queue:@there", max: 10, timeoutMs: 0 })) as {
          items: Payload[];
        };
        assert.deepEqual(received.items.map(payloadToJson), items);
        await frames.request("queue/put", { queue: "queue:@back", items: received.items });
        const back = await json.sendRequest("queue/get", { queue: "queue:@back", max: 10, timeoutMs: 0 });
        assert.deepEqual(back, { items });
      }),
      { numRuns: 100 },
    );
  },
);

/** The same value with handles of an object that exists. */
function withLivingHandles(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (key, inner: unknown) => (key === "$handle" ? "queue:@shared" : inner));
}
