import { AsyncLocalStorage } from "node:async_hooks";
import { lastOwner, ownerName } from "../../../protocol/lock-words.js";

/** An owner of locks: in Python a thread. Here, each `use` is one, and all other code of the process another. */
export interface Flow {
  readonly name: string;
  /** How words name it. Null: it takes locks by messages. */
  readonly number: number | null;
  /** Its requests that wait for something. */
  pending: number;
  /** Locks and permits that it has acquired and not released. */
  held: number;
}

/** All code outside of `use`. */
export const mainFlow: Flow = { name: "", number: 0, pending: 0, held: 0 };

const flows = new AsyncLocalStorage<Flow>();
let used = false;
let names = 0;
let numbers = 0;
/** Numbers of flows that have ended and hold nothing. */
const freeNumbers: number[] = [];

/** The owner that acts now. Recursive locks and deadlock detection distinguish owners. */
export function currentFlow(): Flow {
  return used ? (flows.getStore() ?? mainFlow) : mainFlow;
}

/** Its name; `""` outside of `use`. */
export function currentOwner(): string {
  return currentFlow().name;
}

/**
 * Runs `action`, with all that it calls or awaits, as a new owner. Inside another `asOwner` the owner stays the same.
 */
export function asOwner<T>(action: () => Promise<T>): Promise<T> {
  if (currentFlow() !== mainFlow) return action();
  used = true;
  return flows.run(newFlow(), untilDone, action);
}

async function untilDone<T>(action: () => Promise<T>): Promise<T> {
  const flow = currentFlow();
  try {
    return await action();
  } finally {
    // An owner that still holds or awaits something keeps its number for ever.
    if (flow.number !== null && flow.held === 0 && flow.pending === 0) freeNumbers.push(flow.number);
  }
}

function newFlow(): Flow {
  const number = freeNumbers.pop() ?? (numbers < lastOwner ? ++numbers : null);
  return { name: number === null ? newOwner() : ownerName(number), number, pending: 0, held: 0 };
}

/** A name for a call that shall be no owner of the others. */
export function newOwner(): string {
  return `f${(++names).toString(36)}`;
}

/** Sends a request in which this owner waits. While it waits, it takes no lock by its word. */
export async function waitAs<T>(flow: Flow, request: () => Promise<T>): Promise<T> {
  flow.pending++;
  try {
    return await request();
  } finally {
    flow.pending--;
  }
}
