import type { Payload } from "../../../protocol/schema.js";
import type { Kept } from "../kept.js";
import type { Counter } from "../bypass/lending.js";
import type { Origin } from "../origin.js";
import type { Wait } from "../wait.js";

export interface Putter {
  readonly items: readonly Kept[];
  /** How many of `items` are in the queue already. */
  stored: number;
  wait: Wait<null> | null;
  /** Bytes that are charged to its session as a pending put. */
  heldBack: number;
}

export interface Getter {
  readonly max: number;
  /** The items are lent by this counter; null: they are taken. */
  readonly counter: Counter | null;
  readonly wait: Wait<Taken>;
}

export interface Taken {
  items: Payload[];
  /** Origins of the items that are foreign to the session, null for the others. Absent if no item is foreign. */
  origins?: (Origin | null)[];
}
