import { ProcessLook } from "./process-look.js";
import type { ProcessTree, TreeScope } from "./process-tree.js";
import { killWindowsTree } from "./windows.js";

export type EndSignal = "SIGTERM" | "SIGKILL";

/** Limit of rounds for a tree that keeps forking. What is left then is killed by the guardian when the server ends. */
const maxRounds = 100;

interface Order {
  signal: EndSignal;
  scope: TreeScope;
}

/**
 * Signals whole process trees. All orders of one turn of the event loop are carried out together at its end, so ending
 * a pool reads the process table once, not once for each worker.
 */
export class TreeKiller {
  #orders = new Map<ProcessTree, Order>();
  #whenOut: (() => void)[] = [];

  signal(tree: ProcessTree, signal: EndSignal, scope: TreeScope = "tree"): void {
    const order = this.#orders.get(tree);
    if (order) {
      if (signal === "SIGKILL") order.signal = signal;
      if (scope === "tree") order.scope = scope;
      return;
    }
    this.#orders.set(tree, { signal, scope });
    if (this.#orders.size === 1) setImmediate(() => this.#carryOut());
  }

  /** Stops a whole tree, or lets it continue. On Windows this has no effect. */
  suspend(tree: ProcessTree, stop: boolean): void {
    if (process.platform === "win32") return;
    const signal = stop ? "SIGSTOP" : "SIGCONT";
    // The group first: none of its members can fork in between.
    send(-tree.leader, signal);
    for (const row of tree.members(new ProcessLook(), "tree")) if (row.group !== tree.leader) send(row.pid, signal);
  }

  /** Calls back when all orders so far were carried out; at once if there are none. */
  whenOut(listener: () => void): void {
    if (this.#orders.size === 0) listener();
    else this.#whenOut.push(listener);
  }

  #carryOut(): void {
    const orders = [...this.#orders];
    const listeners = this.#whenOut;
    this.#orders.clear();
    this.#whenOut = [];
    signalAll(orders);
    for (const listener of listeners) listener();
  }
}

function signalAll(orders: readonly (readonly [ProcessTree, Order])[]): void {
  if (process.platform === "win32") {
    for (const [tree] of orders) killWindowsTree(tree.leader);
    return;
  }
  let look = new ProcessLook();
  for (const [tree, order] of orders) signalMembers(tree, order, look, new Set());
  // A member may fork while the others are signalled. So SIGKILL is repeated until a snapshot has no new members.
  // SIGTERM is not: a program may ignore it and go on forking.
  const kills = orders
    .filter(([, order]) => order.signal === "SIGKILL")
    .map(([tree, order]) => ({ tree, order, signalled: new Set<string>() }));
  for (let round = 0; kills.length > 0 && round < maxRounds; round++) {
    look = new ProcessLook();
    let found = 0;
    for (const { tree, order, signalled } of kills) found += signalMembers(tree, order, look, signalled);
    if (found === 0) return;
  }
}

/** Returns the number of members that had not been signalled before. */
function signalMembers(tree: ProcessTree, order: Order, look: ProcessLook, signalled: Set<string>): number {
  const fresh = tree.members(look, order.scope).filter((row) => !signalled.has(`${row.pid} ${row.start}`));
  // One signal to the whole group: no member can fork in between. Members must not get SIGTERM twice: many programs
  // take the second one as "at once".
  if (fresh.some((row) => row.group === tree.leader)) send(-tree.leader, order.signal);
  for (const row of fresh) {
    signalled.add(`${row.pid} ${row.start}`);
    if (row.group !== tree.leader) send(row.pid, order.signal);
  }
  return fresh.length;
}

export function send(pid: number, signal: EndSignal | "SIGSTOP" | "SIGCONT"): void {
  try {
    process.kill(pid, signal);
  } catch {
    // The process has ended, or runs as another user: the server cannot signal it.
  }
}

/** Whether any process is left in this group, zombies included. */
export function groupExists(leader: number): boolean {
  try {
    process.kill(-leader, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
