import type { Payload } from "../../../protocol/schema.js";
import type { Kept } from "../kept.js";
import type { Origin } from "../origin.js";
import type { ChannelNews, Following } from "../bypass/pipe-channel.js";

/** An answer for a session that can read channels. */
export type Followed = Received | { ready: boolean } | ChannelNews;

/** `origin`: present if the item is foreign to the session. */
export type Received = { item: Payload; origin?: Origin };

export interface Receiving {
  /** Null: the session cannot read channels. */
  readonly follows: Following | null;
}

export interface Sending {
  readonly item: Kept;
  /** The sender does not wait for the answer: the item must arrive even if the sender's session ends. */
  readonly cast: boolean;
}
