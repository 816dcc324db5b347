import type { Payload } from "../../../protocol/schema.js";
import type { Kept } from "../kept.js";
import type { Counter } from "../bypass/lending.js";
import type { Origin } from "../origin.js";
import type { Wait } from "../wait.js";

export interface Putter {
  readonly items: readonly Kept[];
  /** How many of them are in the queue. */
  stored: number;
  wait: Wait<null> | null;
  /** Bytes that count as held back for its session while it waits. */
  heldBack: number;
}

export interface Getter {
  readonly max: number;
  /** By which the items are lent; null: they are taken. */
  readonly counter: Counter | null;
  readonly wait: Wait<Taken>;
}

export interface Taken {
  items: Payload[];
  /** Of those that are foreign to the session; absent when none is. */
  origins?: (Origin | null)[];
}
