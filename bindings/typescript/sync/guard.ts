import { TimedOut } from "../session/errors.js";
import { asOwner } from "./owner.js";
import type { AcquireOptions } from "./wait-options.js";

/** A held lock or permit, to be released once: by `release()`, or at the end of an `await using` block. */
export class Guard implements AsyncDisposable {
  /** Whether the previous holder died: what the lock protects may be half changed. */
  readonly ownerDied: boolean;
  /**
   * In a cluster: a number that rises with each holder. A store that refuses a lower number than it has seen is safe
   * from holders whose lease has ended. Null for an object of this machine.
   */
  readonly fence: number | null;
  #release: (() => Promise<void>) | null;

  constructor(ownerDied: boolean, fence: number | null, release: () => Promise<void>) {
    this.ownerDied = ownerDied;
    this.fence = fence;
    this.#release = release;
  }

  /** Releases the lock or permit. A second call does nothing. */
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
  readonly fence?: number | null;
  readonly handle: string;
}

/** `acquire` with a guard. Rejects with TimedOut where `acquire` returns false. */
export async function acquireGuard(object: Acquirable, options: AcquireOptions): Promise<Guard> {
  if (await object.acquire(options)) return new Guard(object.ownerDied, object.fence ?? null, () => object.release());
  const { timeoutMs } = options;
  throw new TimedOut(
    "TimedOut",
    `${object.handle} was not free ${options.block === false || !timeoutMs ? "at once" : `within ${timeoutMs} ms`}`,
    { handle: object.handle },
  );
}

/** Runs `action` as an owner of its own while it holds the object. Releases the object even if the action fails. */
export function useGuard<T>(
  object: Acquirable,
  action: (guard: Guard) => T | PromiseLike<T>,
  options: AcquireOptions,
): Promise<T> {
  return asOwner(async () => {
    const guard = await acquireGuard(object, options);
    try {
      return await action(guard);
    } finally {
      await guard.release();
    }
  });
}
