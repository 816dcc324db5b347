import * as v from "valibot";
import { batchEntry } from "./batch.js";
import { resourceLimits } from "./resource-limits.js";
import { count } from "./schema.js";

/* The files of the batch queue. They may be damaged, so they are checked like messages. */

const { pid: _, ...described } = batchEntry.entries;

/** What clients see of an entry, and what its process is started with. */
const storedEntry = v.strictObject({
  ...described,
  version: v.literal(1),
  command: v.pipe(described.command, v.minLength(1)),
  env: v.record(v.string(), v.string()),
  umask: v.nullable(count()),
  nice: v.nullable(v.number()),
  /** Missing in records of earlier versions. */
  limits: v.optional(v.nullable(resourceLimits()), null),
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
