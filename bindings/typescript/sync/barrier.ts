import type { Target } from "../../../protocol/target.js";
import { BrokenBarrier } from "../session/errors.js";
import { registerKind } from "../session/handles.js";
import { runHere } from "../processes/run-here.js";
import { anything, type OptionTable } from "../session/options.js";
import { ExistingHandle, nameOptions, SharedObject, type NameOptions } from "../session/shared-object.js";
import { toTarget, type Task } from "../processes/target.js";
import { timeoutOf, waitOptions, type Timeout } from "./wait-options.js";

/** Runs once a round: a function, or a target if other processes may have to run it. */
export type BarrierAction = (() => unknown) | Task<[], unknown>;

export interface BarrierOptions extends NameOptions {
  /**
   * Runs once each round, in one of the parties, before any of them continues. If it throws, the barrier is broken. A
   * barrier that is sent to another process takes its action along: a function as source text, so prefer
   * `task(import.meta, fn)` there. Default: none.
   */
  action?: BarrierAction | null | undefined;
  /** Default timeout of `wait`, in milliseconds. Default: no limit. */
  timeoutMs?: number | null | undefined;
}

/** The constructor checks both values. */
const barrierOptions: OptionTable<BarrierOptions> = { action: anything, timeoutMs: anything, ...nameOptions };

/** A barrier between processes: each party waits until all parties have arrived. */
export class Barrier extends SharedObject {
  readonly #options: BarrierOptions;
  /** The action of a barrier that another process sent. */
  #received: Target | null = null;

  /** `parties`: how many must arrive. Throws a TypeError unless it is an integer from 1 up. */
  constructor(parties: number, options?: BarrierOptions);
  constructor(from: number | ExistingHandle, options: BarrierOptions = {}) {
    super("barrier", from instanceof ExistingHandle ? from : options, barrierOptions);
    this.#options = options;
    if (from instanceof ExistingHandle) return;
    if (!Number.isSafeInteger(from) || from < 1)
      throw new TypeError(`a barrier's parties are an integer from 1 on, got ${String(from)}`);
    const { action } = options;
    if (action && typeof action !== "function") toTarget(action);
    const timeoutMs = timeoutOf({ timeoutMs: options.timeoutMs });
    this.create("barrier/create", (barrier) => ({ barrier, parties: from, hasAction: !!action, timeoutMs }));
  }

  /**
   * Waits until all parties have arrived. Returns this party's number in the round: 0 to parties - 1, each once.
   * Rejects with BrokenBarrier if a party leaves, dies or exceeds its timeout (milliseconds; default: the barrier's),
   * or if the action fails.
   */
  async wait(timeout?: Timeout): Promise<number> {
    const options = waitOptions(timeout);
    // Absent means the barrier's own timeout, null means no limit.
    const timeoutMs = options.timeoutMs === undefined ? undefined : timeoutOf(options);
    const { index, runAction } = await this.request("barrier/wait", (barrier) => ({ barrier, timeoutMs }), options);
    if (runAction) await this.#runAction();
    return index;
  }

  /** Empties the barrier and makes it usable again. Waiting parties get BrokenBarrier. */
  async reset(): Promise<void> {
    await this.request("barrier/reset", (barrier) => ({ barrier }));
  }

  /** Breaks the barrier: waiting and later parties get BrokenBarrier, until `reset`. */
  async abort(): Promise<void> {
    await this.request("barrier/abort", (barrier) => ({ barrier }));
  }

  async parties(): Promise<number> {
    return (await this.#status()).parties;
  }

  /** Number of parties that wait now. Python's `n_waiting`. */
  async waiting(): Promise<number> {
    return (await this.#status()).waiting;
  }

  async broken(): Promise<boolean> {
    return (await this.#status()).broken;
  }

  /** Sent with the handle: the action. */
  override get companion(): unknown {
    const { action } = this.#options;
    return this.#received ?? (action ? toTarget(action) : undefined);
  }

  override received(action: unknown): Barrier {
    this.#received = action as Target;
    return this;
  }

  #status() {
    return this.request("barrier/status", (barrier) => ({ barrier }));
  }

  async #runAction(): Promise<void> {
    let ok = false;
    try {
      const { action } = this.#options;
      await (typeof action === "function" ? action() : runHere(this.#received ?? action ?? null));
      ok = true;
    } catch (error) {
      throw new BrokenBarrier(
        "BrokenBarrier",
        `the barrier's action failed: ${error instanceof Error ? error.message : String(error)}`,
        {},
        { cause: error },
      );
    } finally {
      await this.request("barrier/actionDone", (barrier) => ({ barrier, ok }));
    }
  }
}

registerKind("barrier", (from) => new (Barrier as unknown as new (from: ExistingHandle) => Barrier)(from));
