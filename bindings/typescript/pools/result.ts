import { onAbort } from "../session/abort.js";
import { leadingToCaller } from "./caller-stack.js";
import { aborted, TimedOut } from "../session/errors.js";
import { PolyprocError } from "../../../protocol/errors.js";
import { timeoutOf } from "../sync/wait-options.js";

type State<T> = { kind: "pending" } | { kind: "done"; value: T } | { kind: "failed"; error: unknown };

const pending = { kind: "pending" } as const;

/** Settle a result; for pools only. The first call counts. */
export let succeed: <T>(result: AsyncResult<T>, value: T) => void;
export let fail: (result: AsyncResult<unknown>, error: unknown) => void;
/** Adds to the milliseconds that the call's function ran. For pools only. */
export let ran: (result: AsyncResult<unknown>, ms: number) => void;
/** Cancels the call when the signal fires; for pools only. The failure is then Cancelled, whatever else failed. */
export let cancelBy: (result: AsyncResult<unknown>, signal: AbortSignal) => void;

/** Functions to call when the result arrives. */
export interface ResultListeners<T> {
  /** Called with the value if the call succeeded. */
  callback?: ((value: T) => void) | undefined;
  /** Called with the error if the call failed. */
  errorCallback?: ((error: unknown) => void) | undefined;
}

/**
 * The result of a submitted call: Python's AsyncResult. `await` it, or `get()` it. A failure that the caller never asks
 * for is not reported as an unhandled rejection.
 */
export class AsyncResult<T> implements PromiseLike<T> {
  #state: State<T> = pending;
  #waiting: (() => void)[] | null = null;
  readonly #listeners: ResultListeners<never> | null;
  readonly #cancel: () => void;
  /** The signal that has cancelled the call. */
  #aborted: AbortSignal | null = null;

  static {
    succeed = (result, value) => result.#settle({ kind: "done", value });
    fail = (result, error) =>
      result.#settle({ kind: "failed", error: result.#aborted ? aborted(result.#aborted) : error });
    ran = (result, ms) => (result.#runMs += ms);
    cancelBy = (result, signal) => {
      const forget = onAbort(signal, () => {
        result.#aborted = signal;
        result.cancel();
      });
      void result.wait().then(forget);
    };
  }

  #runMs = 0;

  /** For pools only. */
  constructor(cancel: () => void, listeners: ResultListeners<T> | null = null) {
    this.#cancel = cancel;
    this.#listeners = listeners;
  }

  /**
   * Waits for the value. Rejects with the call's failure (TaskFailed, WorkerLost, TimedOut, Cancelled …). Rejects with
   * TimedOut if there is no result after `timeoutMs` (milliseconds; 0 does not wait; default: no limit); the call
   * continues.
   */
  async get(timeoutMs?: number | null): Promise<T> {
    await this.wait(timeoutMs);
    const state = this.#state;
    switch (state.kind) {
      case "done":
        return state.value;
      case "failed":
        throw leadingToCaller(state.error);
      case "pending":
        throw new TimedOut("TimedOut", `there was no result after ${timeoutMs} ms`, { timeoutMs });
    }
  }

  /**
   * Waits for the result, up to `timeoutMs` (milliseconds; default: no limit). Never rejects: ask `ready()` afterwards.
   */
  async wait(timeoutMs?: number | null): Promise<void> {
    const limit = timeoutOf({ timeoutMs });
    if (this.#state === pending && limit !== 0) await this.#settled(limit);
  }

  #settled(limit: number | null): Promise<void> {
    return new Promise((resolve) => {
      const waiting = (this.#waiting ??= []);
      if (limit === null) {
        waiting.push(resolve);
        return;
      }
      const done = () => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        const at = waiting.indexOf(done);
        if (at !== -1) waiting.splice(at, 1);
        resolve();
      }, limit);
      waiting.push(done);
    });
  }

  /**
   * How long the function has run in workers for this call, in milliseconds: the sum over all items that have ended. It
   * excludes the time in the queue and on the way.
   */
  get runMs(): number {
    return this.#runMs;
  }

  /** Whether the call has ended, successfully or not. */
  ready(): boolean {
    return this.#state !== pending;
  }

  /** Whether the call succeeded. Throws BadState while it has not ended. */
  successful(): boolean {
    if (this.#state === pending)
      throw new PolyprocError(
        "BadState",
        "the result is not ready: wait() for it before asking whether it is successful()",
      );
    return this.#state.kind === "done";
  }

  /** Cancels the call: what is not done fails with Cancelled. Does nothing once the call has ended. */
  cancel(): void {
    if (this.#state === pending) this.#cancel();
  }

  then<A = T, B = never>(
    onValue?: ((value: T) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.get().then(onValue, onError);
  }

  #settle(state: Exclude<State<T>, { kind: "pending" }>): void {
    if (this.#state !== pending) return;
    this.#state = state;
    const waiting = this.#waiting;
    this.#waiting = null;
    // Listeners run in a microtask: they may call the pool, whose state is not consistent here.
    if (this.#listeners) queueMicrotask(() => this.#tell(state));
    if (waiting) for (const resolve of waiting) resolve();
  }

  /** An exception of a listener becomes an uncaught exception. No other result is affected. */
  #tell(state: Exclude<State<T>, { kind: "pending" }>): void {
    if (state.kind === "done") this.#listeners?.callback?.(state.value as never);
    else this.#listeners?.errorCallback?.(state.error);
  }
}
