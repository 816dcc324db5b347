import { AsyncLocalStorage } from "node:async_hooks";

const flows = new AsyncLocalStorage<string>();
let used = false;
let count = 0;

/**
 * Who asks, inside this process: a thread, for Python. Here, what runs inside of a `use` is one owner, and everything
 * else of the process is another, `""`. Recursive locks and the search for deadlocks tell owners apart.
 */
export function currentOwner(): string {
  return used ? (flows.getStore() ?? "") : "";
}

/**
 * Runs `action`, and all that it calls or awaits, as an owner of its own; as the one that it is already, inside of
 * another.
 */
export function asOwner<T>(action: () => T): T {
  if (currentOwner() !== "") return action();
  used = true;
  return flows.run(newOwner(), action);
}

export function newOwner(): string {
  return `f${(++count).toString(36)}`;
}
