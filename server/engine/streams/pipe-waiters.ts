import type { Payload } from "../../../protocol/schema.js";
import type { Kept } from "../kept.js";
import type { Origin } from "../origin.js";
import type { ChannelNews, Following } from "../bypass/pipe-channel.js";
import type { Wait } from "../wait.js";

/** An answer for a session that can read channels. */
export type Followed = Received | { ready: boolean } | ChannelNews;

/** `origin`: present if the item is foreign to the session. */
export type Received = { item: Payload; origin?: Origin };

/** `follows` null: the session cannot read channels. */
export type Receiver = { readonly wait: Wait<Followed>; readonly follows: Following | null };

export interface Sender {
  readonly item: Kept;
  readonly wait: Wait<null>;
  /** The sender does not wait for the answer: the item must arrive even if the sender's session ends. */
  readonly early: boolean;
}
