import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ChildrenTree } from "../../../extension/views/children/children-tree.js";
import { syncTree } from "../../../extension/views/sync/sync-tree.js";
import type { TreeNode } from "../../../extension/views/tree/tree-node.js";
import { root } from "../../fixture.js";
import { allNodes, endedInfo, poolInfo, processInfo, sessionInfo, snapshot, syncInfo } from "./fake-model.js";

interface Command {
  command: string;
  title: string;
  category: string;
  icon?: string;
}
interface Entry {
  command: string;
  when: string;
  group: string;
}

const { contributes } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  contributes: { commands: Command[]; menus: Record<string, Entry[]>; viewsWelcome: { contents: string }[] };
};
const codicons = readFileSync(join(root, "node_modules/@vscode/codicons/dist/codicon.css"), "utf8");

/** One of everything that the views can show. */
function everything(): TreeNode[] {
  const pool = poolInfo("s1.1", { workers: 2, busy: 1 });
  const processes = [
    processInfo("a"),
    processInfo("starting", { state: "starting", pid: null }),
    endedInfo("good", 0),
    endedInfo("bad", 1),
    endedInfo("killed", -9),
    processInfo("idle", { role: "worker", pool: pool.pool }),
    ...Array.from({ length: 120 }, (_, i) => processInfo(`t${i}`, { role: "task", pool: pool.pool })),
    processInfo("orphan", { session: "s9" }),
  ];
  const usage = [
    {
      process: "process:a",
      pid: 100,
      cpuPercent: 0,
      memoryBytes: 0,
      descendants: [{ pid: 5, parentPid: 100, command: "sh", cpuPercent: 0, memoryBytes: 0 }],
    },
  ];
  const sessions = [sessionInfo("s1"), sessionInfo("s2", { role: "worker", process: "process:a" })];
  const kinds = ["lock", "rlock", "semaphore", "event", "condition", "barrier", "queue", "pipe"] as const;
  const sync = kinds.flatMap((kind) =>
    [0, 1].map((value) =>
      syncInfo(`${kind}:s1.${value}`, kind, { value, limit: 1, holders: value ? ["s2"] : [], waiters: ["s1"] }),
    ),
  );
  const deadlocks = [
    {
      deadlock: "d1",
      detectedAt: 0,
      cycle: [{ session: "s2", owner: "", pid: 1, name: "x", waitsFor: "lock:s1.1", holds: [] }],
    },
  ];
  const state = snapshot({ processes, pools: [pool], usage, sessions, sync, deadlocks }, { ownSession: "s1" });
  return allNodes([...new ChildrenTree().build(state), ...syncTree(state)]);
}

/** Commands of the row's menu, from the `viewItem =~` of their conditions; those in line first. */
function menuOf(context: string): { inline: string[]; menu: string[] } {
  const fits = contributes.menus["view/item/context"]!.filter(({ when }) => {
    const [, pattern] = /viewItem =~ \/(.+)\/$/.exec(when) ?? [];
    return pattern !== undefined && when.startsWith("view =~") && new RegExp(pattern).test(context);
  });
  const name = ({ command }: Entry) => command.slice("polyproc.".length);
  const byGroup = fits.toSorted((a, b) => a.group.localeCompare(b.group));
  return {
    inline: byGroup.filter(({ group }) => group.startsWith("inline")).map(name),
    menu: byGroup.filter(({ group }) => !group.startsWith("inline")).map(name),
  };
}

test("every icon is one of the product's", () => {
  const icons = [
    ...everything().map((node) => node.icon.id),
    ...contributes.commands.flatMap(({ icon }) => /^\$\((.+)\)$/.exec(icon ?? "")?.[1] ?? []),
  ];
  for (const icon of new Set(icons)) assert.ok(codicons.includes(`.codicon-${icon}:before`), icon);
});

test("each row has the actions that apply to it", () => {
  const look = ["revealProcessOutput", "showStack", "openTarget"];
  assert.deepEqual(menuOf("process process running"), {
    inline: ["revealProcessOutput", "terminate"],
    menu: [...look, "terminate", "kill", "copyPid"],
  });
  assert.deepEqual(menuOf("process worker running"), menuOf("process process running"));
  assert.deepEqual(menuOf("process task ended"), {
    inline: ["revealProcessOutput", "showWhyEnded", "dismiss"],
    menu: ["revealProcessOutput", "showWhyEnded", "openTarget", "copyPid", "dismiss", "dismissEnded"],
  });
  assert.deepEqual(menuOf("pool running run"), { inline: ["terminatePool"], menu: ["selectPython", "terminatePool"] });
  assert.deepEqual(menuOf("pool terminated"), { inline: [], menu: [] });
  assert.deepEqual(menuOf("client"), { inline: ["terminateClient"], menu: ["terminateClient"] });
  assert.deepEqual(menuOf("descendant"), { inline: [], menu: ["copyPid"] });
  assert.deepEqual(menuOf("party waiter process running"), {
    inline: [],
    menu: [...look, "terminate", "kill", "copyPid"],
  });
  assert.deepEqual(menuOf("party waiter"), { inline: [], menu: [] });
  assert.deepEqual(menuOf("deadlock"), { inline: ["breakDeadlock"], menu: ["showStack", "breakDeadlock"] });
  assert.deepEqual(menuOf("deadlockParty process running"), {
    inline: ["breakDeadlock"],
    menu: [...look, "breakDeadlock", "terminate", "kill", "copyPid"],
  });
});

test("rows have the contexts that the menus know, and every command in a menu or a welcome text is declared", () => {
  const known = [
    "client",
    "pool running",
    "process process running",
    "process process ended",
    "process worker running",
    "process task running",
    "descendant",
    "more",
    "group",
    "sync lock",
    "deadlock",
    "deadlockParty process running",
    "party waiter",
    "party holder process running",
  ];
  const contexts = new Set(everything().map((node) => node.context));
  for (const context of known) assert.ok(contexts.has(context), context);
  const declared = new Set(contributes.commands.map(({ command }) => command));
  const used = [
    ...Object.values(contributes.menus)
      .flat()
      .map(({ command }) => command),
    ...contributes.viewsWelcome.flatMap(({ contents }) =>
      [...contents.matchAll(/\(command:(polyproc\.[\w.]+)/g)].map((match) => match[1]!),
    ),
  ];
  for (const command of used) assert.ok(declared.has(command), command);
});

test("the palette lists each name once, and none for a process while there is none", () => {
  const palette = new Map(contributes.menus["commandPalette"]!.map(({ command, when }) => [command, when]));
  const listed = contributes.commands.filter(({ command }) => palette.get(command) !== "false");
  const names = listed.map(({ category, title }) => `${category}: ${title}`);
  assert.deepEqual(
    names.filter((name, i) => names.indexOf(name) !== i),
    [],
  );
  const ofProcesses = contributes.menus["view/item/context"]!.filter(({ when }) => /\bprocess\b/.test(when));
  const always = listed.filter(
    ({ command }) => ofProcesses.some((entry) => entry.command === command) && palette.get(command) === undefined,
  );
  assert.deepEqual(
    always.map(({ command }) => command),
    [],
  );
});
