import type { Payload } from "../../../protocol/schema.js";
import type { Kept } from "../kept.js";
import type { Origin } from "../origin.js";
import type { ChannelNews, Following } from "../bypass/pipe-channel.js";
import type { Wait } from "../wait.js";

/** What a session that can read channels gets. */
export type Followed = Received | { ready: boolean } | ChannelNews;

/** `origin`: when it is foreign to the session. */
export type Received = { item: Payload; origin?: Origin };

/** `follows` null: the session cannot read channels. */
export type Receiver = { readonly wait: Wait<Followed>; readonly follows: Following | null };

export interface Sender {
  readonly item: Kept;
  readonly wait: Wait<null>;
  /** Its sender has gone on: the item must arrive even when the sender leaves. */
  readonly early: boolean;
}
