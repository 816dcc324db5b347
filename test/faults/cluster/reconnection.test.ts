import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { test } from "node:test";
import { parseClusterAddress } from "../../../server/cluster/address.js";
import { openStore } from "../../../server/cluster/store.js";
import { waitFor, within } from "../../deadline.js";
import { needs } from "../../tools/needs.js";
import { TestRedis } from "./redis.js";

/** A way to a Redis which can be cut, and on which a word may be lost. */
async function startProxy(t: { after(clean: () => Promise<void>): void }, port: number) {
  const sockets = new Set<Socket>();
  const proxy = { port: 0, lost: null as string | null, losses: 0, cut: () => sockets.forEach((s) => s.destroy()) };
  const server = createServer((client) => {
    const redis = connect(port, "127.0.0.1");
    for (const socket of [client, redis]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        sockets.delete(socket);
        client.destroy();
        redis.destroy();
      });
    }
    redis.pipe(client);
    client.on("data", (data: Buffer) => {
      if (proxy.lost !== null && data.toString("latin1").toLowerCase().includes(proxy.lost)) proxy.losses++;
      else redis.write(data);
    });
  }).listen(0, "127.0.0.1");
  t.after(async () => {
    proxy.cut();
    server.close();
    await once(server, "close");
  });
  await once(server, "listening");
  proxy.port = (server.address() as { port: number }).port;
  return proxy;
}

test(
  "a connection that ends while it subscribes again after an outage is no fault",
  needs("redis-server"),
  async (t) => {
    const redis = await TestRedis.start(t);
    const proxy = await startProxy(t, redis.port);
    const address = parseClusterAddress(`redis://127.0.0.1:${proxy.port}/0`, null);
    const { redis: connection } = await openStore(address, () => {});
    const subscriber = connection.duplicate();
    subscriber.on("error", () => {});
    await subscriber.subscribe("changes");
    proxy.lost = "subscribe";
    proxy.cut();
    await waitFor(() => proxy.losses > 0, { what: "a subscription on a new connection" });
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.prependListener("unhandledRejection", note);
    t.after(() => void process.off("unhandledRejection", note));
    const ends = [subscriber, connection].map((one) => once(one, "end"));
    for (const one of [subscriber, connection]) one.disconnect();
    await within(Promise.all(ends), "the ends of both");
    await new Promise(setImmediate);
    assert.deepEqual(unhandled, []);
    // Whoever subscribes is still told.
    await assert.rejects(subscriber.subscribe("others"), /Connection is closed/);
  },
);
