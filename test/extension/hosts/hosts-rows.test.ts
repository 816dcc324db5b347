import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { hostsRows } from "../../../extension/hosts/hosts-rows.js";
import type { HostInfo } from "../../../protocol/cluster.js";
import { root } from "../../fixture.js";
import { allNodes } from "../views/fake-model.js";

const alpha: HostInfo = {
  host: "alpha",
  pid: 4711,
  protocol: "1.0",
  labels: ["gpu", "large"],
  slots: 8,
  busy: 3,
  load: 2.754,
  draining: false,
  pools: [
    { id: "p1", name: "thumbnails", running: 2 },
    { id: "p2", name: null, running: 1 },
  ],
};

test("a host has its slots, its load and its state, and below it the pools of which it runs something", () => {
  const [ready, draining] = hostsRows([alpha, { ...alpha, host: "beta", draining: true, pools: [] }]);
  assert.deepEqual(
    [ready!.label, ready!.description, ready!.context, ready!.spoken],
    ["alpha", "3 of 8 slots · load 2.75", "host ready", "Host alpha, takes work, 3 of 8 slots"],
  );
  assert.deepEqual(
    ready!.children.map(({ label, description }) => [label, description]),
    [
      ["thumbnails", "2 running"],
      ["p2", "1 running"],
    ],
  );
  assert.deepEqual(
    [draining!.description, draining!.context, draining!.children],
    ["draining · 3 of 8 slots · load 2.75", "host draining", []],
  );
  const details = new Map(ready!.details());
  assert.deepEqual([details.get("Labels"), details.get("Agent")], ["gpu, large", "alpha:4711"]);
});

test("no row names a process by its number, and only a host that takes work can be drained", () => {
  const rows = allNodes(hostsRows([alpha, { ...alpha, host: "beta", draining: true }]));
  assert.deepEqual([...new Set(rows.map(({ about }) => about.kind))].toSorted(), ["host", "nothing"]);
  const { contributes } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    contributes: { menus: { "view/item/context": { command: string; when: string }[] } };
  };
  const offered = contributes.menus["view/item/context"].filter(({ when }) => when.includes("polyproc.hosts"));
  assert.deepEqual(new Set(offered.map(({ command }) => command)), new Set(["polyproc.hosts.drain"]));
  for (const { when } of offered) assert.ok(when.endsWith("viewItem == 'host ready'"), when);
});
