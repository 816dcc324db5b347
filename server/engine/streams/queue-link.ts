import type { PolyprocError } from "../../../protocol/errors.js";

/** The items of one name in a cluster. Its methods fail with ClusterUnavailable. */
export interface QueueLine {
  /** Number of items when the store last answered. */
  readonly size: number;
  /**
   * Stores the first of these items, as many as there is room for. Resolves with their number. `maxSize` becomes that
   * of the queue if it is empty.
   */
  store(items: readonly Uint8Array[], maxSize: number, maxBytes: number): Promise<number>;
  /** Returns items to the front, whether or not there is room. */
  giveBack(items: readonly Uint8Array[]): Promise<void>;
  /** Resolves when there may be room since the last `store`. */
  room(): Promise<void>;
  /**
   * Takes up to `max` items into the hand of this server, where it keeps them by a lease. An error takes the place of
   * an item that may not be used. `settle` must follow if there are any. `waits`: the server is woken when items come.
   */
  take(max: number, waits: boolean): Promise<readonly (Uint8Array | PolyprocError)[]>;
  /**
   * Keeps the first `count` of what `take` gave, and returns the others to the front. False: the lease had ended, and
   * all of them are back in the queue.
   */
  settle(count: number): Promise<boolean>;
  /** Resolves when there may be items since the last `take`. */
  arrival(): Promise<void>;
  /** Lets `room` and `arrival` resolve now. */
  hurry(): void;
  /** `putters` and `getters`: servers with a request that waits. */
  status(): Promise<{ size: number; maxSize: number | null; putters: number; getters: number }>;
  /** Lets `room` and `arrival` resolve. `idle`: resolves after the last call of a method. */
  close(idle: Promise<unknown>): void;
}

/** What queues need of the clusters that a server can use. */
export interface QueueClusters {
  /** The address without its password. Throws InvalidParams unless it is one of a cluster. */
  shown(address: string): string;
  queue(address: string, name: string): QueueLine;
}
