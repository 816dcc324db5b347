import { currentFlow, currentOwner, mainFlow, newOwner, waitAs, type Flow } from "./owner.js";

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
    const flow = currentFlow();
    // Two concurrent calls of one process are not a deadlock: the first can still release. A new owner for the second
    // tells the server so.
    const owner = currentOwner() || (this.#outstanding++ > 0 ? newOwner() : "");
    try {
      const { acquired, ownerDied, fence = null } = await waitAs(flow, () => ask(owner));
      if (acquired) {
        flow.held++;
        [this.#ownerDied, this.#fence] = [ownerDied, fence];
      } else this.#left(flow, 1);
      return acquired;
    } catch (error) {
      this.#left(flow, 1);
      throw error;
    }
  }

  /** The lock was acquired by its word. */
  taken(flow: Flow): void {
    flow.held++;
    if (flow === mainFlow) this.#outstanding++;
    this.#ownerDied = false;
  }

  /** `n` acquisitions end. */
  released(flow: Flow, n = 1): void {
    flow.held = Math.max(flow.held - n, 0);
    this.#left(flow, n);
  }

  #left(flow: Flow, n: number): void {
    if (flow === mainFlow) this.#outstanding = Math.max(this.#outstanding - n, 0);
  }
}
