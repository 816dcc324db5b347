/** Values of every type that a parameter could be mistaken for. */
export const wrongValues: readonly unknown[] = [
  null,
  true,
  -1,
  1.5,
  1e300,
  "",
  "wrong",
  "lock:",
  "x".repeat(5000),
  [],
  [null],
  {},
  { wrong: 1 },
  Buffer.from([0xc1]),
];

/**
 * The value with one of its places changed at a time: each member and element, the whole itself, and a member too many.
 */
export function* mutations(value: unknown, wrong: readonly unknown[]): Generator<unknown> {
  yield* wrong;
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return;
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) {
      for (const changed of mutations(item, wrong)) yield value.with(i, changed);
    }
    return;
  }
  for (const [key, member] of Object.entries(value)) {
    const { [key]: _, ...rest } = value as Record<string, unknown>;
    yield rest;
    for (const changed of mutations(member, wrong)) yield { ...value, [key]: changed };
  }
  yield { ...value, unheardOf: 1 };
}
