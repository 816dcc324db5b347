import * as v from "valibot";
import { isPayload, type Payload } from "./payload.js";

export {
  isPayload,
  objectHandles,
  payloadBytes,
  payloadData,
  payloadHandles,
  payloadStart,
  storedBytes,
  StoredBytes,
  type Handle,
  type Payload,
} from "./payload.js";

export const handleKinds = [
  "process",
  "lock",
  "rlock",
  "semaphore",
  "event",
  "condition",
  "barrier",
  "queue",
  "pipe",
  "memory",
  "block",
  "pool",
  "job",
  "run",
] as const;
export type HandleKind = (typeof handleKinds)[number];

export function handle<K extends HandleKind>(...kinds: K[]) {
  const expected = kinds.join(" or ");
  const pattern = new RegExp(
    `^(?:${kinds.join("|")}):(?:@[^\\u0000-\\u001f]{1,200}|[A-Za-z0-9]+\\.[A-Za-z0-9.]{1,40})$`,
  );
  return v.pipe(
    v.string(`expected a ${expected} handle`),
    v.regex(pattern, `expected a ${expected} handle such as "${kinds[0]}:s1.4" or "${kinds[0]}:@name"`),
  );
}

export function anyHandle() {
  return handle(...handleKinds);
}

const payloadMark = { payload: true } as const;

export function payload() {
  return v.pipe(v.custom<Payload>(isPayload, "expected a payload"), v.metadata(payloadMark));
}

/** Whether a schema comes from `payload()`. The JSON door converts the values of these schemas, and no others. */
export function isPayloadSchema(schema: unknown): boolean {
  const pipe = (schema as { pipe?: readonly { type?: string; metadata?: unknown }[] }).pipe;
  return pipe?.some((step) => step.type === "metadata" && step.metadata === payloadMark) ?? false;
}

/** Milliseconds to wait, fractions allowed. `0` does not wait; absent or `null` waits without limit. */
export function timeoutMs() {
  return v.nullish(v.pipe(v.number(), v.minValue(0), v.finite()));
}

export function count(minimum = 0) {
  return v.pipe(v.number(), v.safeInteger(), v.minValue(minimum));
}

/** The thread or task of the session that sends the request, by an id that the session chooses. Default `""`. */
export function owner() {
  return v.optional(v.pipe(v.string(), v.maxLength(100)));
}

/** The sender does not wait for the answer. Only for requests whose answer has no content. */
export function cast() {
  return v.optional(v.boolean());
}

export function none() {
  return v.null();
}
