import type { Random } from "../soak/random.js";
import { wrongValues } from "../server/mutations.js";
import { harmlessPid, harmlessTarget } from "./harmless.js";
import { handleKinds, nameOf, resolve, type Schema } from "./schema.js";

/** What a session of the fuzzer knows of the server. */
export interface Knowledge {
  random: Random;
  /** Payloads are values of JSON, instead of their msgpack. */
  isJson: boolean;
  /** A handle of one of these kinds: its own, another session's, a name, or one that does not exist. */
  handle(kinds: readonly string[]): string;
  /** Pids of the server's children. */
  pids: readonly number[];
}

const words = ["", "a", "two words", "\u00e4\u{1f600}", "x".repeat(150), "@name", "s1"];
const numbers = [0, 1, 2, 3, 5, 100, 65_535];
const durations = [0, 0, 1, 0.5, 20, 200, null];

/** A value that the schema allows, or nearly: patterns other than those of handles are left alone. */
export function validValue(schema: Schema, know: Knowledge, key = ""): unknown {
  const { random } = know;
  const name = nameOf(schema);
  if (name === "Target") return harmlessTarget(random);
  if (name === "Payload") return payload(know);
  if (name === "Bytes") return know.isJson ? { $bytes: "AAEC" } : Buffer.from([0, 1, 2]);
  const { type, pattern, anyOf, oneOf, ...rest } = resolve(schema);
  const choices = anyOf ?? oneOf;
  if (choices) return key.endsWith("Ms") ? random.pick(durations) : validValue(random.pick(choices), know, key);
  if ("const" in rest) return rest.const;
  if (rest.enum) return random.pick(rest.enum);
  switch (Array.isArray(type) ? random.pick(type) : type) {
    case "object":
      return objectOf(rest, know);
    case "array":
      return Array.from({ length: random.int(rest.minItems ?? 0, 3) }, () => validValue(rest.items ?? {}, know, key));
    case "string":
      return text(rest, pattern === undefined ? null : handleKinds(pattern), know, key);
    case "integer":
    case "number":
      if (key === "pid") return harmlessPid(random, know.pids);
      return Math.min(rest.maximum ?? Infinity, Math.max(rest.minimum ?? 0, random.pick(numbers)));
    case "boolean":
      return random.chance(0.5);
    default:
      return null;
  }
}

function objectOf(
  { properties = {}, required = [], additionalProperties }: Schema,
  know: Knowledge,
): Record<string, unknown> {
  const made: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(properties)) {
    // A folder, or an environment, that is made up keeps every program from starting.
    const probability = required.includes(key) ? 1 : key === "cwd" || key === "env" ? 0.02 : 0.4;
    if (know.random.chance(probability)) made[key] = validValue(member, know, key);
  }
  if (typeof additionalProperties === "object" && know.random.chance(0.5))
    made["more"] = validValue(additionalProperties, know);
  return made;
}

function text(
  { maxLength = Infinity, minLength = 0 }: Schema,
  kinds: string[] | null,
  know: Knowledge,
  key: string,
): string {
  if (kinds) return know.handle(kinds);
  if (key === "owner") return know.random.pick(["", "", "a", "b"]);
  const word = know.random.pick(words).slice(0, maxLength);
  return word.length < minLength ? "x".repeat(minLength) : word;
}

function payload({ random, isJson, handle }: Knowledge): unknown {
  const refersTo = random.chance(0.15) ? handle(["lock", "queue", "event", "pipe", "pool"]) : null;
  if (isJson) {
    const value = random.pick<unknown>([
      null,
      1,
      "text",
      [[1], {}],
      [[], {}],
      [1, 2],
      { $bytes: "AAEC" },
      { deep: [{ deeper: [] }] },
      "x".repeat(3000),
    ]);
    return refersTo === null ? value : [value, { $handle: refersTo }];
  }
  // null, 1, [[1], {}], [[], {}], [1, 2], and what is no msgpack at all: a payload stays closed.
  const bytes = random.pick(["c0", "01", "92910180", "929080", "920102", "c1", "", "dcffff", "00".repeat(5000)]);
  const data = Buffer.from(bytes, "hex");
  return refersTo === null ? data : [data, [refersTo]];
}

/** The value with one place of it changed: another type, an extreme, a member too few or too many. */
export function mutated(value: unknown, { random, handle }: Pick<Knowledge, "random" | "handle">): unknown {
  if (typeof value === "object" && value !== null && !(value instanceof Uint8Array) && random.chance(0.85)) {
    if (Array.isArray(value)) return mutatedArray(value, random, handle);
    const keys = Object.keys(value);
    const key = keys[random.int(0, Math.max(0, keys.length - 1))];
    const { [key ?? ""]: old, ...rest } = value as Record<string, unknown>;
    if (key === undefined || random.chance(0.1))
      return { ...value, [random.pick(["unheardOf", "__proto__x", "pool", "owner"])]: random.pick(wrongValues) };
    return random.chance(0.2) ? rest : { ...value, [key]: mutated(old, { random, handle }) };
  }
  if (typeof value === "number")
    return random.pick([0, -1, 1.5, 2 ** 31 - 1, 2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER, 2 ** 53, 1e300, -1e300]);
  if (typeof value === "string" && random.chance(0.6)) {
    return random.pick([
      () => handle(["lock", "queue", "pool", "process", "job", "run"]),
      () => `${value}.1`,
      () => value.replace(/s\d+/, "s999"),
      () => value.slice(1),
      () => `${value}\u0000`,
    ])();
  }
  return random.pick(wrongValues);
}

function mutatedArray(value: unknown[], random: Random, handle: Knowledge["handle"]): unknown[] {
  if (value.length === 0 || random.chance(0.2)) return [...value, random.pick(wrongValues)];
  if (random.chance(0.2)) return [...value, ...value];
  const at = random.int(0, value.length - 1);
  return value.with(at, mutated(value[at], { random, handle }));
}
