import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { test, type TestContext } from "node:test";
import { needs } from "../../tools/needs.js";
import { spawnAgent, startAgent } from "./cluster-stage.js";
import { TestRedis } from "./redis.js";

const redis = needs("redis-server");

async function refused(t: TestContext, address: string, message: RegExp, env: Record<string, string> = {}) {
  const agent = spawnAgent(t, address, "alpha", [], env);
  assert.equal(await agent.exited(), 2);
  assert.match(agent.stderr(), message);
  assert.doesNotMatch(agent.stderr(), /s3cret|Warning|\n\s+at /);
}

test("an agent that cannot use its Redis says what to check", redis, async (t) => {
  const store = await TestRedis.start(t, ["--requirepass", "right"]);
  const address = `redis://127.0.0.1:${store.port}`;
  const wrong = { POLYPROC_CLUSTER_PASSWORD: "s3cret" };
  await refused(t, address, /asks for a password, and there is none; set POLYPROC_CLUSTER_PASSWORD/);
  await refused(t, address, /refuses the password \(WRONGPASS .*\); check the user/, wrong);
  await refused(t, address.replace("//", "//ada@"), /refuses the password of the user ada \(WRONGPASS/, wrong);
  await refused(t, address.replace("redis:", "rediss:"), /check that .* port \d+ speaks TLS/);
  await store.kill();
  await refused(t, address, /nothing listens there \(connect ECONNREFUSED .*\); start Redis on 127\.0\.0\.1, or/);
});

test("an agent refuses a Redis that is too old, and says which version it needs", async (t) => {
  const address = await oldRedis(t);
  await refused(t, address, /is Redis 5\.0\.7; a cluster needs 6\.2 or newer/);
});

test("a second agent of the same name is told to take another name", redis, async (t) => {
  const store = await TestRedis.start(t);
  const address = store.url("lease=1");
  const first = await startAgent(t, address, "alpha");
  await refused(
    t,
    address,
    new RegExp(`the name alpha belongs to another agent of this cluster, pid ${first.process.pid}: give --name`),
  );
});

/** A server that answers INFO as Redis 5 does, and knows no HELLO. */
async function oldRedis(t: TestContext): Promise<string> {
  const sockets = new Set<Socket>();
  const info = "redis_version:5.0.7\r\nloading:0\r\n";
  const answers: Record<string, string> = {
    HELLO: "-ERR unknown command `HELLO`\r\n",
    INFO: `$${info.length}\r\n${info}\r\n`,
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("data", (data) => {
      // A command is an array, whose first text is its name.
      for (const [, name] of data.toString("latin1").matchAll(/\*\d+\r\n\$\d+\r\n(\w+)\r\n/g))
        socket.write(answers[name!.toUpperCase()] ?? "+OK\r\n");
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `redis://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
