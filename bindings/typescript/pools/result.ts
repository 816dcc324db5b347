import { TimedOut } from "../session/errors.js";
import { PolyprocError } from "../../../protocol/errors.js";

type State<T> = { kind: "pending" } | { kind: "done"; value: T } | { kind: "failed"; error: unknown };

const pending = { kind: "pending" } as const;

/** Settles a result: for the pool that made it. Only the first call counts. */
export let succeed: <T>(result: AsyncResult<T>, value: T) => void;
export let fail: (result: AsyncResult<unknown>, error: unknown) => void;

/** Who is told of a result besides those who wait for it. */
export interface ResultListeners<T> {
  /** Called with the value, once it is there. */
  callback?: ((value: T) => void) | undefined;
  /** Called with the error instead, when the call failed. */
  errorCallback?: ((error: unknown) => void) | undefined;
}

/**
 * The result of a call that was submitted: Python's AsyncResult. `await` it, or `get()` it. A failure that nobody asks for is not reported.
 */
export class AsyncResult<T> implements PromiseLike<T> {
  #state: State<T> = pending;
  #waiting: (() => void)[] | null = null;
  readonly #listeners: ResultListeners<never> | null;
  readonly #cancel: () => void;

  static {
    succeed = (result, value) => result.#settle({ kind: "done", value });
    fail = (result, error) => result.#settle({ kind: "failed", error });
  }

  /** Pools make these. */
  constructor(cancel: () => void, listeners: ResultListeners<T> | null = null) {
    this.#cancel = cancel;
    this.#listeners = listeners;
  }

  /**
   * The value. Rejects with what the call failed with (TaskFailed, WorkerLost, TimedOut, Cancelled …), and with TimedOut when there is no
   * result after `timeoutMs` (milliseconds; 0 does not wait; default: no limit). The call goes on then.
   */
  async get(timeoutMs?: number | null): Promise<T> {
    await this.wait(timeoutMs);
    const state = this.#state;
    switch (state.kind) {
      case "done": return state.value;
      case "failed": throw state.error;
      case "pending": throw new TimedOut("TimedOut", `there was no result after ${timeoutMs} ms`, { timeoutMs });
    }
  }

  /** Waits for the result, but no longer than `timeoutMs` (milliseconds; default: no limit). Never rejects: ask `ready()`. */
  wait(timeoutMs?: number | null): Promise<void> {
    if (this.#state !== pending || timeoutMs === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const waiting = (this.#waiting ??= []);
      if (timeoutMs === undefined || timeoutMs === null) {
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
      }, timeoutMs);
      waiting.push(done);
    });
  }

  /** Whether the call has ended, well or not. */
  ready(): boolean {
    return this.#state !== pending;
  }

  /** Whether the call ended without an error. Fails with BadState while it has not ended. */
  successful(): boolean {
    if (this.#state === pending) throw new PolyprocError("BadState", "the result is not ready: wait() for it before asking whether it is successful()");
    return this.#state.kind === "done";
  }

  /** Cancels what is not done of the call, which then fails with Cancelled. Nothing happens to a call that has ended. */
  cancel(): void {
    if (this.#state === pending) this.#cancel();
  }

  then<A = T, B = never>(onValue?: ((value: T) => A | PromiseLike<A>) | null, onError?: ((error: unknown) => B | PromiseLike<B>) | null): Promise<A | B> {
    return this.get().then(onValue, onError);
  }

  #settle(state: Exclude<State<T>, { kind: "pending" }>): void {
    if (this.#state !== pending) return;
    this.#state = state;
    const waiting = this.#waiting;
    this.#waiting = null;
    // Not from here: a listener may do anything with the pool, which is in the middle of something.
    if (this.#listeners) queueMicrotask(() => this.#tell(state));
    if (waiting) for (const resolve of waiting) resolve();
  }

  /** What a listener throws is the caller's own fault: it is reported as such, and no other result suffers. */
  #tell(state: Exclude<State<T>, { kind: "pending" }>): void {
    if (state.kind === "done") this.#listeners?.callback?.(state.value as never);
    else this.#listeners?.errorCallback?.(state.error);
  }
}

/** Calls when the signal fires, at once if it has fired. Returns a function that ends that. */
export function onAbort(signal: AbortSignal, cancel: () => void): () => void {
  if (signal.aborted) {
    cancel();
    return () => {};
  }
  signal.addEventListener("abort", cancel, { once: true });
  return () => signal.removeEventListener("abort", cancel);
}
