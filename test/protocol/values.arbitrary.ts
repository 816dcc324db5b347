import fc from "fast-check";
import { handleKinds } from "../../protocol/schema.js";
import { formatTimestamp } from "../../protocol/timestamp.js";

const safe = BigInt(Number.MAX_SAFE_INTEGER);
const text = fc.string({ unit: "binary", maxLength: 40 });
const base64 = fc.uint8Array({ maxLength: 40 }).map((data) => Buffer.from(data).toString("base64"));

const bigInteger = fc
  .oneof(fc.bigInt({ min: safe + 1n, max: 2n ** 64n - 1n }), fc.bigInt({ min: -(2n ** 63n), max: -safe - 1n }))
  .map((value) => ({ $int: String(value) }));

const typedBigInteger = fc
  .oneof(fc.bigInt({ min: -(2n ** 8191n), max: 2n ** 8191n - 1n }), fc.bigInt({ min: -70_000n, max: 70_000n }))
  .map((value) => ({ $bigint: String(value) }));

/** Every float64, in the one form that belongs to it. */
const float = fc.double().map((value) => {
  if (Object.is(value, -0)) return { $float: "-0" };
  return Number.isSafeInteger(value) || !Number.isFinite(value) ? { $float: String(value) } : value;
});

const timestamp = fc
  .tuple(
    fc.oneof(
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      fc.bigInt({ min: -70_000_000_000n, max: 260_000_000_000n }),
    ),
    fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 999_999_999 })),
  )
  .map(([seconds, nanoseconds]) => ({ $timestamp: formatTimestamp({ seconds, nanoseconds }) }));

const handle = fc
  .tuple(
    fc.constantFrom(...handleKinds),
    fc.oneof(
      fc.tuple(fc.nat(999), fc.nat(99_999)).map(([session, n]) => `s${session}.${n}`),
      fc
        .string({ unit: "binary", minLength: 1, maxLength: 20 })
        .map((name) => `@${name.replace(/[\u0000-\u001f]/g, "x")}`),
    ),
  )
  .map(([kind, rest]) => ({ $handle: `${kind}:${rest}` }));

const blob = fc
  .record({ tag: text, data: base64 }, { noNullPrototype: true })
  .map(({ tag, data }) => ({ $blob: { tag, data } }));

const key = fc
  .oneof(text, fc.constantFrom("__proto__", "constructor", "$$", "$$int", "toString", "0"))
  .map((name) => (name.startsWith("$") ? `$${name}` : name));

/** Any value in its JSON form, written as the server writes it. */
export const jsonForm = fc.letrec<{ value: unknown; leaf: unknown }>((tie) => ({
  leaf: fc.oneof(
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger(),
    fc.integer({ min: -300, max: 300 }),
    float,
    text,
    bigInteger,
    typedBigInteger,
    base64.map(($bytes) => ({ $bytes })),
    timestamp,
    handle,
    blob,
  ),
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    tie("leaf"),
    fc.array(tie("value"), { maxLength: 20 }),
    fc.array(fc.tuple(key, tie("value")), { maxLength: 20 }).map((entries) => Object.fromEntries(entries)),
  ),
})).value;
