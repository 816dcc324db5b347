import * as v from "valibot";
import { hostInfo } from "../../protocol/cluster.js";
import { failure, mode } from "../../protocol/job.js";
import { count } from "../../protocol/schema.js";
import { target } from "../../protocol/target.js";

/*
 * What is kept in the cluster's store, as JSON. Every program with the store's password may write it, so it is checked
 * when it is read. A member `sig` signs the others (signing.ts).
 */

export const poolRecord = v.strictObject({
  name: v.nullable(v.string()),
  processes: v.nullable(count(1)),
  needs: v.array(v.string()),
  /** Version of the wire that its owner speaks. */
  protocol: v.string(),
});
export type PoolRecord = v.InferOutput<typeof poolRecord>;

export const specRecord = v.strictObject({
  target,
  mode,
  timeoutMs: v.nullable(v.number()),
  graceMs: v.number(),
  opens: v.boolean(),
  /** SHA-256 of the module's file on the client's host. Null: there is no such file, or no module. */
  hash: v.nullable(v.string()),
  sig: v.optional(v.string()),
});
export type SpecRecord = v.InferOutput<typeof specRecord>;

/** Bytes as base64, or the id of a blob with its SHA-256. */
const bytes = v.union([v.string(), v.strictObject({ blob: v.string(), hash: v.string() })]);
export type Bytes = v.InferOutput<typeof bytes>;

export const packRecord = v.strictObject({
  job: count(1),
  count: count(1),
  items: bytes,
  splits: v.boolean(),
  sig: v.optional(v.string()),
});
export type PackRecord = v.InferOutput<typeof packRecord>;

const resultRecord = v.strictObject({
  index: count(),
  count: count(1),
  pid: count(),
  ms: v.number(),
  values: v.optional(bytes),
  error: v.optional(failure),
});

/** What the host of a pack returns. */
export const returnRecord = v.strictObject({
  host: v.string(),
  attempt: count(),
  /** The pack was with a host that died, and is to be split. It did not run. */
  split: v.optional(v.boolean()),
  /** The pack had been cancelled, and did not run. */
  cancelled: v.optional(v.boolean()),
  results: v.array(resultRecord),
  sig: v.optional(v.string()),
});
export type ReturnRecord = v.InferOutput<typeof returnRecord>;

export const hostRecord = v.strictObject({ ...hostInfo.entries, instance: v.string() });
export type HostRecord = v.InferOutput<typeof hostRecord>;

/** A message on the channel of changes. */
export const changeRecord = v.variant("kind", [
  v.strictObject({ kind: v.literal("pools") }),
  v.strictObject({ kind: v.literal("cancel"), pool: v.string(), packs: v.array(count(1)), graceMs: v.number() }),
  v.strictObject({ kind: v.literal("drain"), host: v.string() }),
]);
export type ChangeRecord = v.InferOutput<typeof changeRecord>;

/** The record in this text; null if it is none. */
export function read<S extends v.GenericSchema>(schema: S, text: string | null | undefined): v.InferOutput<S> | null {
  if (text === null || text === undefined) return null;
  try {
    const checked = v.safeParse(schema, JSON.parse(text));
    return checked.success ? checked.output : null;
  } catch {
    return null;
  }
}
