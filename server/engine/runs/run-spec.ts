import type { Params } from "../../../protocol/message.js";
import type * as runs from "../../../protocol/run.js";
import { payloadHandles, type Payload, payloadBytes } from "../../../protocol/schema.js";

/** What the client asks for. */
export type RunSpec = Params<typeof runs.start>;

/** Rough memory of an item beside its bytes: its place among the packed items, its state, and its last change. */
const itemOverheadBytes = 80;
/** Rough memory of a handle in a payload. */
const handleBytes = 300;

export function payloadsOf({ items, meta }: { items: Iterable<Payload>; meta?: Payload | undefined }): Payload[] {
  return meta === undefined ? [...items] : [...items, meta];
}

/** Rough memory of a run's items and `meta`. */
export function bytesOf(spec: Pick<RunSpec, "items" | "meta">): number {
  return payloadsOf(spec).reduce(
    (sum, payload) => sum + payloadBytes(payload) + itemOverheadBytes + payloadHandles(payload).length * handleBytes,
    0,
  );
}
