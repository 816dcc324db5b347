import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { BatchEntryInfo, BatchState } from "../../../protocol/batch.js";
import { queueRows } from "../../../extension/queue/queue-rows.js";
import { root } from "../../fixture.js";
import { allNodes, at, drawn } from "../views/fake-model.js";

function entryInfo(entry: number, state: BatchState, more: Partial<BatchEntryInfo> = {}): BatchEntryInfo {
  return {
    entry,
    name: "",
    group: "default",
    state,
    command: ["make", `-j${entry}`],
    cwd: "/w",
    priority: 0,
    after: [],
    notBefore: null,
    hook: null,
    pid: null,
    attempt: 1,
    exitCode: null,
    reason: null,
    addedAt: at - 60_000,
    startedAt: null,
    endedAt: null,
    ...more,
  };
}

const group = (name: string, more = {}) => ({ group: name, slots: 2, paused: false, hook: null, ...more });
const everyState: BatchState[] = ["held", "queued", "running", "paused", "done", "failed", "lost", "skipped"];

test("what runs is first, then what waits by priority, then what has ended, the latest first", () => {
  const entries = [
    entryInfo(1, "done", { startedAt: at - 20_000, endedAt: at - 10_000 }),
    entryInfo(2, "failed", { startedAt: at - 9000, endedAt: at - 5000, exitCode: 2 }),
    entryInfo(3, "queued", { after: [2] }),
    entryInfo(4, "queued", { priority: 5, name: "urgent" }),
    entryInfo(5, "running", { startedAt: at - 42_000, pid: 7 }),
    entryInfo(6, "lost", { group: "disk", startedAt: at - 9000 }),
  ];
  const groups = [group("default"), group("disk", { slots: 1, paused: true })];
  assert.deepEqual(drawn(queueRows({ entries, groups }, at)), [
    "default | 2 at a time · 1 running · 2 waiting · 1 failed",
    "  make -j5 | #5 · running · 40 s",
    "  urgent | #4 · queued, priority 5",
    "  make -j3 | #3 · queued, after #2",
    "  make -j2 | #2 · failed (2) · 4 s",
    "  make -j1 | #1 · done · 10 s",
    "disk | paused · 1 at a time · 1 failed",
    "  make -j6 | #6 · lost: it ran when the server ended",
  ]);
});

test("a group without entries says so; a queue that was never used has no rows", () => {
  assert.deepEqual(drawn(queueRows({ entries: [], groups: [group("default"), group("disk")] }, at)), [
    "default | 2 at a time",
    "  No entries",
    "disk | 2 at a time",
    "  No entries",
  ]);
  assert.deepEqual(queueRows({ entries: [], groups: [group("default")] }, at), []);
});

test("every state has an icon of the product's, and the actions that the server allows in it", () => {
  const codicons = readFileSync(join(root, "node_modules/@vscode/codicons/dist/codicon.css"), "utf8");
  const { contributes } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    contributes: { menus: Record<string, { command: string; when: string; group: string }[]> };
  };
  const actionsOf = (context: string) => {
    const fits = contributes.menus["view/item/context"]!.filter(({ when }) => {
      const [, pattern] = /^view == polyproc\.queue && viewItem =~ \/(.+)\/$/.exec(when) ?? [];
      return pattern !== undefined && new RegExp(pattern).test(context);
    });
    return [...new Set(fits.map(({ command }) => command.slice("polyproc.queue.".length)))].sort().join(" ");
  };
  const rows = allNodes(
    queueRows({ entries: everyState.map((state, i) => entryInfo(i, state)), groups: [group("default")] }, at),
  );
  for (const { icon } of rows) assert.ok(codicons.includes(`.codicon-${icon.id}:before`), icon.id);
  const ended = "edit remove restart showLog";
  assert.deepEqual(Object.fromEntries(rows.map(({ context }) => [context, actionsOf(context)])), {
    "queueGroup open": "pause setSlots",
    "entry held": "edit remove resume",
    "entry queued": "edit pause remove",
    "entry running": "end pause showLog",
    "entry paused": "end resume showLog",
    "entry done": ended,
    "entry failed": ended,
    "entry lost": ended,
    "entry skipped": ended,
  });
  assert.equal(actionsOf("queueGroup halted"), "resume setSlots");
});
