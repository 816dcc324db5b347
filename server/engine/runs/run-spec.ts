import type { Params } from "../../../protocol/message.js";
import type * as runs from "../../../protocol/run.js";
import { payloadData, payloadHandles, type Payload } from "../../../protocol/schema.js";

/** What the client asks for. */
export type RunSpec = Params<typeof runs.start>;

/** Rough memory of an item beside its bytes. */
const itemOverheadBytes = 300;

export function payloadsOf(spec: Pick<RunSpec, "items" | "meta">): Payload[] {
  return spec.meta === undefined ? spec.items : [...spec.items, spec.meta];
}

/** Rough memory of a run's items and `meta`. */
export function bytesOf(spec: Pick<RunSpec, "items" | "meta">): number {
  return payloadsOf(spec).reduce(
    (sum, payload) =>
      sum + payloadData(payload).length + itemOverheadBytes + payloadHandles(payload).length * itemOverheadBytes,
    0,
  );
}
