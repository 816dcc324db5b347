import assert from "node:assert/strict";
import { test } from "node:test";
import { formatAddress, parseAddress } from "../../../../bindings/typescript/session/address.js";

test("addresses are read", () => {
  assert.deepEqual(parseAddress("unix:/run/a b.sock"), { kind: "unix", path: "/run/a b.sock" });
  assert.deepEqual(parseAddress("/run/p.sock"), { kind: "unix", path: "/run/p.sock" });
  assert.deepEqual(parseAddress("tcp:127.0.0.1:7070"), { kind: "tcp", host: "127.0.0.1", port: 7070 });
  assert.deepEqual(parseAddress("tls:[::1]:443"), { kind: "tls", host: "::1", port: 443 });
});

test("a formatted address is parsed back to itself", () => {
  for (const text of ["unix:/a", "tcp:localhost:1", "tls:[fe80::1%eth0]:65535"])
    assert.equal(formatAddress(parseAddress(text)), text);
});

test("anything else is refused and quoted", () => {
  for (const text of ["", "unix:", "tcp:host", "tcp:host:0", "tcp:host:65536", "udp:host:1", "tcp:a:b:1", "nonsense"]) {
    assert.throws(
      () => parseAddress(text),
      (error) => error instanceof TypeError && error.message.includes(JSON.stringify(text)),
      text,
    );
  }
});
