import assert from "node:assert/strict";
import { test } from "node:test";
import { parseClusterAddress } from "../../../server/cluster/address.js";

test("an address says where the cluster is, and is shown without its password", () => {
  const parameters = "cluster=c1&lease=2.5&keyFile=/k";
  const address = parseClusterAddress(`rediss://ada:s%40crt@redis.example:7000/3?${parameters}`, null);
  assert.deepEqual(address, {
    host: "redis.example",
    port: 7000,
    tls: true,
    username: "ada",
    password: "s@crt",
    database: 3,
    name: "c1",
    leaseMs: 2500,
    keyFile: "/k",
    shown: "rediss://ada@redis.example:7000/3?cluster=c1&lease=2.5&keyFile=/k",
  });
  const short = parseClusterAddress("redis://[::1]", "given");
  assert.deepEqual(
    [short.host, short.port, short.name, short.leaseMs, short.password],
    ["::1", 6379, "main", 15_000, "given"],
  );
});

test("a wrong address is refused, and its password is not quoted", () => {
  for (const [text, message] of [
    ["nonsense", /does not begin with redis:\/\//],
    ["127.0.0.1:6379", /does not begin with redis:\/\//],
    ["localhost:6379", /begins with localhost:; expected redis:\/\//],
    ["http://u:secret@h", /begins with http:/],
    ["redis://u:secret@redis.example", /redis\.example is another machine/],
    ["redis://127.0.0.1?speed=1", /speed is not known/],
    ["redis://127.0.0.1?lease=0.1", /lease=0\.1: expected seconds/],
    ["redis://127.0.0.1?lease=", /lease=: expected seconds/],
    ["redis://127.0.0.1?cluster=a%20b", /cluster=a b: expected/],
    ["redis://127.0.0.1/99", /99 is no database/],
  ] as const) {
    assert.throws(
      () => parseClusterAddress(text, null),
      (error) => {
        assert.match((error as Error).message, message);
        assert.doesNotMatch((error as Error).message, /secret/);
        return true;
      },
      text,
    );
  }
  assert.equal(parseClusterAddress("redis://redis.example?insecure=true", null).host, "redis.example");
});
