import type { Payload } from "../../../protocol/schema.js";
import type { Kept } from "../kept.js";
import type { Counter } from "../bypass/lending.js";
import type { Origin } from "../origin.js";
import type { Session } from "../session.js";

/** A put: some of its items may be stored, the others wait for room. */
export interface Putting {
  readonly session: Session;
  readonly items: readonly Kept[];
  /** How many of `items` are in the queue already. */
  stored: number;
  /** Bytes that are charged to its session as a pending put; 0 before it waits. */
  heldBack: number;
}

export interface Getting {
  readonly max: number;
  /** The items are lent by this counter; null: they are taken. */
  readonly counter: Counter | null;
}

export interface Taken {
  items: Payload[];
  /** Origins of the items that are foreign to the session, null for the others. Absent if no item is foreign. */
  origins?: (Origin | null)[];
}
