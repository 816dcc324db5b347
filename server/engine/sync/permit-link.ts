import type { PolyprocError } from "../../../protocol/errors.js";

export interface Grant {
  /** Rises with each grant of this lock or semaphore, in all of the cluster. */
  readonly fence: number;
  /** An earlier holder did not release its permit. */
  readonly ownerDied: boolean;
}

/** The user of a place. */
export interface PermitListener {
  granted(grant: Grant): void;
  /** No permit is free, and the request does not wait. */
  refused(): void;
  /** The store cannot be used. Nothing else is reported after this. */
  failed(error: PolyprocError): void;
  /** The lease of the permit was begun or renewed: for this many milliseconds the holder may use it. */
  goodFor(ms: number): void;
  /** The lease could not be renewed: what the holder runs must end now. Nothing else is reported after this. */
  lapsing(): void;
}

/** A place in the line for a permit, and then the permit. */
export interface PermitPlace {
  /**
   * Leaves the line, or gives back the permit. `died`: the next holder is told so. Resolves when the store knows, at
   * the latest when the lease has ended. Fails with BadState if the lease of the permit had ended before.
   */
  leave(died: boolean): Promise<void>;
  /** Ends without giving back the permit: the next holder gets it when the lease ends, and is told of a death. */
  lapse(): void;
}

/** The permits of one name in a cluster. A lock has one. */
export interface PermitLine {
  /** `holder`: who asks, for display. No method of the listener is called before `acquire` returns. */
  acquire(holder: string, waits: boolean, listener: PermitListener): PermitPlace;
  status(): Promise<{ permits: number; holders: string[]; waiters: number }>;
  /** Every place has been left. */
  close(): void;
}

/** What locks and semaphores need of the clusters that a server can use. */
export interface PermitClusters {
  /** The address without its password. Throws InvalidParams unless it is one of a cluster. */
  shown(address: string): string;
  /** This machine's name, as it is shown to others. */
  readonly hostname: string;
  permits(address: string, kind: "lock" | "semaphore", name: string, permits: number): PermitLine;
}
