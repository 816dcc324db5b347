import assert from "node:assert/strict";
import { test } from "node:test";
import * as events from "../../../protocol/events.js";
import type { SessionInfo } from "../../../protocol/lifecycle.js";
import { FakeWorld } from "../engine/fake-engine.js";
import { PoolWorld, settle } from "../engine/fake-hosts.js";
import { Caller } from "./caller.js";

const sessions = (caller: Caller) => (caller.result("server/sessions", {}) as { sessions: SessionInfo[] }).sessions;

test("all sessions are listed, by the names that they gave", () => {
  const world = new FakeWorld();
  const editor = new Caller(world, { name: "Visual Studio Code", version: "1.90.0" });
  const script = new Caller(world, { name: "polyproc-typescript", title: "report.js" });
  const silent = new Caller(world);
  const talker = new Caller(world, { name: "n".repeat(1000), version: "v".repeat(1000) });
  assert.deepEqual(
    sessions(silent).map(({ session, role, name, version, process }) => [session, role, name, version, process]),
    [
      [editor.session, "client", "Visual Studio Code", "1.90.0", null],
      [script.session, "client", "report.js", null, null],
      [silent.session, "client", "", null, null],
      [talker.session, "client", "n".repeat(200), "v".repeat(200), null],
    ],
  );
});

test("a worker is named after its process, as soon as a pool has it", async () => {
  const world = new PoolWorld();
  const caller = new Caller(world);
  world.job(world.pool({ name: "thumbnails" })).submit(world.tasks(1));
  world.connectAll();
  await settle();
  const worker = sessions(caller).find(({ role }) => role === "worker")!;
  assert.deepEqual([worker.name, worker.pid], ["PoolWorker-1", world.hosts[0]!.pid]);
  const { pools } = caller.result("pool/list", {}) as { pools: { name: string | null; run: string | null }[] };
  assert.deepEqual(
    pools.map(({ name, run }) => [name, run]),
    [["thumbnails", null]],
  );
});

test("subscribers learn of sessions that begin and end", () => {
  const world = new FakeWorld();
  const watcher = new Caller(world, { name: "watcher" });
  const { snapshot } = watcher.result("events/subscribe", { topics: ["session"] }) as {
    snapshot: { sessions: SessionInfo[] };
  };
  assert.deepEqual(
    snapshot.sessions.map(({ name }) => name),
    ["watcher"],
  );
  const visitor = new Caller(world, { name: "visitor" });
  visitor.drop();
  world.clock.advance(0);
  const told = watcher.peer
    .received(events.changed)
    .flatMap((message) => message.events)
    .flatMap((event) => (event.topic === "session" ? [[event.session.name, event.gone]] : []));
  assert.deepEqual(told, [
    ["visitor", undefined],
    ["visitor", true],
  ]);
});
