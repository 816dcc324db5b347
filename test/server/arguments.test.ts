import assert from "node:assert/strict";
import { test } from "node:test";
import { formatAddress, parseListenAddress } from "../../server/address.js";
import { isLoopback } from "../../server/cluster/loopback.js";
import { parseArguments, type ServerArguments } from "../../server/arguments.js";

test("addresses read back as they are written", () => {
  for (const text of [
    "unix:/run/p.sock",
    "unix:relative",
    "tcp:127.0.0.1:0",
    "tcp:[::1]:7070",
    "tls:build.example.org:443",
  ]) {
    assert.equal(formatAddress(parseListenAddress(text)), text);
  }
  for (const text of [
    "",
    "unix:",
    "/run/p.sock",
    "tcp:7070",
    "tcp:::1:7070",
    "tcp:host:70000",
    "tcp:host:",
    "udp:host:1",
    "tcp:[::1]",
  ]) {
    assert.throws(() => parseListenAddress(text), /expected unix:PATH, tcp:HOST:PORT or tls:HOST:PORT, got/, text);
  }
});

test("only this machine's own addresses are loopback", () => {
  for (const host of ["127.0.0.1", "127.1.2.3", "localhost", "::1"]) assert.ok(isLoopback(host), host);
  for (const host of ["0.0.0.0", "::", "10.0.0.1", "127.0.0.1.example.org", "localhost.example.org", "1270.0.0.1"])
    assert.ok(!isLoopback(host), host);
});

test("defaults are those of the help text", () => {
  const given = parseArguments(["--stdio"]) as ServerArguments;
  assert.deepEqual(
    { ...given, cpuCount: 0, maxMemoryBytes: 0, maxPayloadBytes: 0 },
    {
      stdio: true,
      fd: null,
      listen: [],
      tokenFile: null,
      tlsCert: null,
      tlsKey: null,
      idleTimeoutMs: null,
      warmHosts: 2,
      queue: false,
      cpuCount: 0,
      maxMessageBytes: 64 * 1024 * 1024,
      maxPayloadBytes: 0,
      maxQueuedBytes: 128 * 1024 * 1024,
      maxBufferedBytes: 64 * 1024 * 1024,
      maxMemoryBytes: 0,
      config: null,
      nodeOptions: [],
      runtimes: {},
    },
  );
  assert.ok(given.cpuCount >= 1);
  assert.ok(given.maxMemoryBytes >= 512 * 1024 * 1024);
  assert.equal(given.maxPayloadBytes, Math.min(Math.floor(given.maxMemoryBytes / 2), 0xffff_ffff));
});

test("every option can be set", () => {
  assert.deepEqual(
    parseArguments([
      "--listen",
      "unix:/a",
      "--listen",
      "tls:[::1]:5",
      "--tls-cert",
      "c",
      "--tls-key",
      "k",
      "--token-file",
      "t",
      "--idle-timeout",
      "1.5",
      "--warm-hosts",
      "0",
      "--cpu-count",
      "3",
      "--max-message-bytes",
      "2048",
      "--max-payload-bytes",
      "4096",
      "--max-queued-bytes",
      "10",
      "--max-buffered-bytes",
      "20",
      "--max-memory-bytes",
      "33554432",
      "--config",
      "c.json",
      "--runtime",
      "ruby=/usr/bin/ruby  host.rb --fast",
      "--node-option=--import=tsx",
      "--node-option=--conditions=dev",
    ]),
    {
      stdio: false,
      fd: null,
      listen: [
        { kind: "unix", path: "/a" },
        { kind: "tls", host: "::1", port: 5 },
      ],
      tokenFile: "t",
      tlsCert: "c",
      tlsKey: "k",
      idleTimeoutMs: 1500,
      warmHosts: 0,
      queue: false,
      cpuCount: 3,
      maxMessageBytes: 2048,
      maxPayloadBytes: 4096,
      maxQueuedBytes: 10,
      maxBufferedBytes: 20,
      maxMemoryBytes: 33554432,
      config: "c.json",
      nodeOptions: ["--import=tsx", "--conditions=dev"],
      runtimes: { ruby: ["/usr/bin/ruby", "host.rb", "--fast"] },
    },
  );
});
