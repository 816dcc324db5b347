import { TimedOut } from "../session/errors.js";
import { asOwner } from "./owner.js";
import type { AcquireOptions } from "./wait-options.js";

/** Something acquired, to be released once: by `release()`, or at the end of the block with `await using`. */
export class Guard implements AsyncDisposable {
  /** Whether the holder before died: what is protected may be half done. */
  readonly ownerDied: boolean;
  #release: (() => Promise<void>) | null;

  constructor(ownerDied: boolean, release: () => Promise<void>) {
    this.ownerDied = ownerDied;
    this.#release = release;
  }

  /** Releases it. Does nothing the second time. */
  async release(): Promise<void> {
    const release = this.#release;
    this.#release = null;
    await release?.();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }
}

interface Acquirable {
  acquire(options?: AcquireOptions): Promise<boolean>;
  release(): Promise<void>;
  readonly ownerDied: boolean;
  readonly handle: string;
}

/** The scoped form of `acquire`. Rejects with TimedOut where `acquire` would say false. */
export async function acquireGuard(object: Acquirable, options: AcquireOptions): Promise<Guard> {
  if (await object.acquire(options)) return new Guard(object.ownerDied, () => object.release());
  const { timeoutMs } = options;
  throw new TimedOut("TimedOut", `${object.handle} was not free ${options.block === false || !timeoutMs ? "at once" : `within ${timeoutMs} ms`}`, { handle: object.handle });
}

/** Runs `action` while the object is held, as an owner of its own, and releases it however that ends. */
export function useGuard<T>(object: Acquirable, action: (guard: Guard) => T | PromiseLike<T>, options: AcquireOptions): Promise<T> {
  return asOwner(async () => {
    const guard = await acquireGuard(object, options);
    try {
      return await action(guard);
    } finally {
      await guard.release();
    }
  });
}
