import type { Message, RequestMessage } from "./message.js";
import { isPayloadSchema } from "./schema.js";

/** Where payloads sit in the values of a schema. Null: nowhere. */
export type PayloadPlaces =
  | null
  | { kind: "payload" }
  | { kind: "array"; item: PayloadPlaces }
  | { kind: "object"; members: ReadonlyMap<string, PayloadPlaces> };

/** The parts of valibot's schemas that can hold others. */
interface SchemaParts {
  type: string;
  entries?: Record<string, unknown>;
  item?: unknown;
  items?: readonly unknown[];
  options?: readonly unknown[];
  wrapped?: unknown;
  pipe?: readonly unknown[];
}

const here = { kind: "payload" } as const;
const known = new WeakMap<object, PayloadPlaces>();

export function paramsPlaces(message: Message): PayloadPlaces {
  return placesOf(message.params);
}

export function resultPlaces(message: RequestMessage): PayloadPlaces {
  return placesOf(message.result);
}

/** The places of a schema, computed once. */
export function placesOf(schema: object): PayloadPlaces {
  let places = known.get(schema);
  if (places === undefined) {
    places = find(schema);
    known.set(schema, places);
  }
  return places;
}

/**
 * A copy of the value with `convert` applied to its payloads, or the value itself when it has none. A value that does
 * not fit the schema is copied as it is: validation comes later and says what is wrong. Only `convert` can throw.
 */
export function convertPayloads(
  places: PayloadPlaces,
  value: unknown,
  convert: (payload: unknown) => unknown,
): unknown {
  if (places === null || value === undefined) return value;
  switch (places.kind) {
    case "payload":
      return convert(value);
    case "array":
      return Array.isArray(value) ? value.map((item) => convertPayloads(places.item, item, convert)) : value;
    case "object": {
      if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
      const copy: Record<string, unknown> = { ...value };
      for (const [name, inner] of places.members) {
        if (Object.hasOwn(copy, name)) copy[name] = convertPayloads(inner, copy[name], convert);
      }
      return copy;
    }
  }
}

function find(schema: unknown): PayloadPlaces {
  if (isPayloadSchema(schema)) return here;
  const parts = schema as SchemaParts;
  if (parts.entries) {
    const members = new Map<string, PayloadPlaces>();
    for (const [name, entry] of Object.entries(parts.entries)) {
      const places = find(entry);
      if (places) members.set(name, places);
    }
    return members.size === 0 ? null : { kind: "object", members };
  }
  if (parts.item) {
    const item = find(parts.item);
    return item && { kind: "array", item };
  }
  if (parts.options && (parts.type === "union" || parts.type === "variant" || parts.type === "intersect")) {
    return parts.options.map(find).reduce(merge, null);
  }
  if (parts.wrapped) return find(parts.wrapped);
  if (parts.items?.some((item) => find(item)))
    throw new Error("payloads inside tuples are not supported: use an object");
  return null;
}

/**
 * What holds for either of two alternatives. They must agree on what is a payload, because a reader cannot tell them
 * apart before validation.
 */
function merge(a: PayloadPlaces, b: PayloadPlaces): PayloadPlaces {
  if (a === null || b === null) return a ?? b;
  if (a.kind === "payload" && b.kind === "payload") return here;
  if (a.kind === "array" && b.kind === "array") return { kind: "array", item: merge(a.item, b.item) };
  if (a.kind === "object" && b.kind === "object") {
    const members = new Map(a.members);
    for (const [name, places] of b.members) members.set(name, merge(members.get(name) ?? null, places));
    return { kind: "object", members };
  }
  throw new Error("alternatives of a message disagree on what is a payload");
}
