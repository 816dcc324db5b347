import { PolyprocError } from "../../protocol/errors.js";
import type { ClusterAddress } from "./address.js";
import { describeNoAnswer } from "./no-answer.js";
import { firstAnswerMs, openStore, withLimit, type Store } from "./store.js";

/** Milliseconds after which an unused connection is let go: longer than the pause between two looks of the editor. */
const idleMs = 10_000;

/** A connection to a cluster's store for short requests. It stays open while they follow each other closely. */
export class BriefStore {
  readonly #address: ClusterAddress;
  #open: Promise<Store> | null = null;
  #users = 0;
  #idle: NodeJS.Timeout | undefined;

  constructor(address: ClusterAddress) {
    this.#address = address;
  }

  /** Fails with ClusterUnavailable if the store does not answer in time. */
  async use<T>(work: (store: Store) => Promise<T>): Promise<T> {
    const isReused = this.#open !== null;
    try {
      return await this.#use(work);
    } catch (error) {
      if (error instanceof PolyprocError) throw error;
      // A connection that was kept may have been closed since: the store is told of with a new one.
      if (isReused) return this.use(work);
      throw new PolyprocError("ClusterUnavailable", describeNoAnswer(this.#address, (error as Error).message));
    }
  }

  /** Ends the connection. Requests that wait for it fail. */
  end(): void {
    clearTimeout(this.#idle);
    const open = this.#open;
    this.#open = null;
    open?.then(
      ({ redis }) => redis.disconnect(),
      () => {},
    );
  }

  async #use<T>(work: (store: Store) => Promise<T>): Promise<T> {
    clearTimeout(this.#idle);
    const open = (this.#open ??= this.#connect());
    this.#users++;
    try {
      return await withLimit(work(await open), firstAnswerMs);
    } catch (error) {
      // It may answer never: the next request gets another one.
      if (this.#open === open && !(error instanceof PolyprocError)) this.end();
      throw error;
    } finally {
      this.#users--;
      if (this.#users === 0 && this.#open !== null) this.#idle = setTimeout(() => this.end(), idleMs).unref();
    }
  }

  #connect(): Promise<Store> {
    const open: Promise<Store> = openStore(this.#address, () => {});
    const forget = () => {
      if (this.#open === open) this.end();
    };
    // It is not connected again by itself: commands would wait for that without end.
    open.then(({ redis }) => redis.once("close", forget), forget);
    return open;
  }
}
