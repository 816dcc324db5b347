import { currentOwner, newOwner } from "./owner.js";

interface Answer {
  acquired: boolean;
  ownerDied: boolean;
  fence?: number | undefined;
}

/** The calls of this process that hold one lock or semaphore, or wait for it. */
export class Acquisitions {
  #ownerDied = false;
  #fence: number | null = null;
  /** Calls outside of `use`. */
  #outstanding = 0;

  /** Whether the previous holder had died when `acquire` last succeeded. */
  get ownerDied(): boolean {
    return this.#ownerDied;
  }

  /** The number of the holding that `acquire` last got in a cluster; null otherwise. */
  get fence(): number | null {
    return this.#fence;
  }

  /** Acquires with `ask`, which sends the request for an owner. */
  async acquire(ask: (owner: string) => Promise<Answer>): Promise<boolean> {
    // Two concurrent calls of one process are not a deadlock: the first can still release. A new owner for the second
    // tells the server so.
    const owner = currentOwner() || (this.#outstanding++ > 0 ? newOwner() : "");
    try {
      const { acquired, ownerDied, fence = null } = await ask(owner);
      if (acquired) [this.#ownerDied, this.#fence] = [ownerDied, fence];
      else this.released();
      return acquired;
    } catch (error) {
      this.released();
      throw error;
    }
  }

  /** `n` acquisitions end. */
  released(n = 1): void {
    if (currentOwner() === "") this.#outstanding = Math.max(this.#outstanding - n, 0);
  }
}
