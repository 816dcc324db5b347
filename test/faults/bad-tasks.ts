/** Functions that end in ways that no function should. */
import { currentTask } from "polyproc";

/** Its constructor takes nothing less than an object, and reading it is dangerous. */
export class Fragile extends Error {
  readonly loop: unknown;
  readonly call = () => {};
  readonly code = "E_FRAGILE";

  constructor(details: { text: string }) {
    super(details.text);
    this.name = "Fragile";
    this.loop = this;
    Object.defineProperty(this, "trap", {
      enumerable: true,
      get: () => {
        throw new Error("never look at me");
      },
    });
  }
}

export function throwFragile(): never {
  throw new Fragile({ text: "handle with care" });
}

export function throwWithCauses(): never {
  try {
    JSON.parse("{");
  } catch (cause) {
    throw new RangeError("outer", { cause });
  }
  throw new Error("unreachable");
}

export function throwCauseLoop(): never {
  const error = new Error("a snake");
  error.cause = new Error("its tail", { cause: error });
  throw error;
}

export type Thrown = "string" | "undefined" | "null" | "number" | "object" | "symbol" | "function" | "proxy";

const thrown: Record<Thrown, unknown> = {
  string: "just text",
  undefined,
  null: null,
  number: 42,
  object: { reason: "plain" },
  symbol: Symbol("odd"),
  function: () => {},
  proxy: new Proxy(
    {},
    {
      get() {
        throw new Error("hands off");
      },
      getPrototypeOf() {
        throw new Error("hands off");
      },
    },
  ),
};

export function throwOther(what: Thrown): never {
  throw thrown[what];
}

export function reject(what: Thrown | "error"): Promise<never> {
  // oxlint-disable-next-line prefer-promise-reject-errors -- this is what is tested
  return Promise.reject(what === "error" ? new TypeError("rejected") : thrown[what]);
}

/** Leaves a rejection unhandled, while the task itself waits for ever. */
export function rejectBeside(): Promise<never> {
  void Promise.reject(new Error("nobody listens"));
  return new Promise(() => {});
}

/** Fails in a timer, outside of every promise, while the task itself waits for ever. */
export function throwInTimer(): Promise<never> {
  setTimeout(() => {
    throw new Error("from a timer");
  }, 0);
  return new Promise(() => {});
}

export function exit(code: number): never {
  console.log("half a line");
  console.error("leaving now");
  process.exit(code);
}

export function abort(): never {
  process.abort();
}

export function pid(): number {
  return process.pid;
}

export function giveFunction(): unknown {
  return { deep: [{ inside: () => {} }] };
}

export function giveLoop(): unknown {
  const loop: { self?: unknown } = {};
  loop.self = loop;
  return loop;
}

export function giveTrap(): unknown {
  return {
    get trap() {
      throw new Error("never look at me");
    },
  };
}

export function giveMuch(bytes: number): Uint8Array {
  return new Uint8Array(bytes);
}

/** Ends when it is told to. */
export function obey(): Promise<never> {
  const { signal } = currentTask()!;
  return new Promise((_, reject) =>
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true }),
  );
}

/** Ends, well, when it is told to: the limit holds all the same. */
export function obeyGladly(): Promise<string> {
  const { signal } = currentTask()!;
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve("done after all"), { once: true }));
}

/** Recursion without end. */
export function overflow(n: number): number {
  return overflow(n + 1) + 1;
}
