import * as v from "valibot";
import { batchState } from "./batch.js";
import { resourceLimits } from "./resource-limits.js";
import { count } from "./schema.js";

/* The files of the batch queue. They may be damaged, so they are checked like messages. */

const storedEntry = v.strictObject({
  version: v.literal(1),
  entry: count(1),
  name: v.string(),
  group: v.string(),
  state: batchState,
  command: v.pipe(v.array(v.string()), v.minLength(1)),
  cwd: v.string(),
  env: v.record(v.string(), v.string()),
  umask: v.nullable(count()),
  nice: v.nullable(v.number()),
  /** Missing in records of earlier versions. */
  limits: v.optional(v.nullable(resourceLimits()), null),
  priority: v.number(),
  after: v.array(count(1)),
  notBefore: v.nullable(v.number()),
  hook: v.nullable(v.string()),
  attempt: count(),
  exitCode: v.nullable(v.number()),
  reason: v.nullable(v.string()),
  addedAt: v.number(),
  startedAt: v.nullable(v.number()),
  endedAt: v.nullable(v.number()),
});
export type StoredEntry = v.InferOutput<typeof storedEntry>;

const storedGroup = v.strictObject({
  group: v.string(),
  slots: count(1),
  paused: v.boolean(),
  hook: v.nullable(v.string()),
});

const storedSettings = v.strictObject({
  version: v.literal(1),
  /** The next entry has at least this number. */
  nextEntry: count(1),
  groups: v.array(storedGroup),
});
export type StoredSettings = v.InferOutput<typeof storedSettings>;

/** Null if the text is not what the queue writes. */
export function parseStoredEntry(text: string): StoredEntry | null {
  return parse(storedEntry, text);
}

/** Null if the text is not what the queue writes. */
export function parseStoredSettings(text: string): StoredSettings | null {
  return parse(storedSettings, text);
}

function parse<T>(schema: v.GenericSchema<unknown, T>, text: string): T | null {
  try {
    const result = v.safeParse(schema, JSON.parse(text));
    return result.success ? result.output : null;
  } catch {
    return null;
  }
}
