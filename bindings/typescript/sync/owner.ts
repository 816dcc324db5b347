import { AsyncLocalStorage } from "node:async_hooks";

const flows = new AsyncLocalStorage<string>();
let used = false;
let count = 0;

/**
 * The owner that acts now; in Python that is a thread. Here, each `use` is one owner, and all other code of the process
 * is another, `""`. Recursive locks and deadlock detection distinguish owners.
 */
export function currentOwner(): string {
  return used ? (flows.getStore() ?? "") : "";
}

/**
 * Runs `action`, with all that it calls or awaits, as a new owner. Inside another `asOwner` the owner stays the same.
 */
export function asOwner<T>(action: () => T): T {
  if (currentOwner() !== "") return action();
  used = true;
  return flows.run(newOwner(), action);
}

export function newOwner(): string {
  return `f${(++count).toString(36)}`;
}
