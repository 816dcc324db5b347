import type { Disposable, Rpc } from "../connection/rpc.js";

/** Asks the server again and again, while a caller holds a `watch()`. */
export class Poll<T> {
  readonly #intervalMs: number;
  readonly #request: (rpc: Rpc) => Promise<T>;
  readonly #tell: (answer: T) => void;
  #rpc: Rpc | null = null;
  #watchers = 0;
  #timer: NodeJS.Timeout | undefined;
  #asking = false;

  constructor(intervalMs: number, request: (rpc: Rpc) => Promise<T>, tell: (answer: T) => void) {
    this.#intervalMs = intervalMs;
    this.#request = request;
    this.#tell = tell;
  }

  /** The server to ask from now on; null: there is none. */
  use(rpc: Rpc | null): void {
    this.#rpc = rpc;
    this.#asking = false;
    this.#update();
  }

  watch(): Disposable {
    this.#watchers++;
    this.#update();
    let disposed = false;
    return {
      dispose: () => {
        if (disposed) return;
        disposed = true;
        this.#watchers--;
        this.#update();
      },
    };
  }

  #update(): void {
    if (this.#rpc && this.#watchers > 0) {
      if (this.#timer) return;
      this.#timer = setInterval(() => this.#ask(), this.#intervalMs);
      this.#timer.unref?.();
      this.#ask();
    } else {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }

  #ask(): void {
    const rpc = this.#rpc;
    // A server that has not answered yet is busy: another request would add to its work.
    if (!rpc || this.#asking) return;
    this.#asking = true;
    this.#request(rpc)
      .then(
        (answer) => {
          if (this.#rpc === rpc && this.#watchers > 0) this.#tell(answer);
        },
        // The next poll asks again. The server's state reports a connection that ended.
        () => {},
      )
      .finally(() => {
        if (this.#rpc === rpc) this.#asking = false;
      });
  }
}
