/** When to end a map early. */
export type Halt =
  | { when: "never" }
  /** At the Nth failure: `soon` lets running items finish, `now` kills them. */
  | { when: "soon" | "now"; failures: number };

/** Reads `never`, `now`, `soon`, `now,fail=N` or `soon,fail=N`; N is 1 by default. Undefined for any other text. */
export function parseHalt(text: string): Halt | undefined {
  if (text === "never") return { when: "never" };
  const match = /^(soon|now)(?:,fail=([1-9]\d{0,8}))?$/.exec(text);
  return match ? { when: match[1] as "soon" | "now", failures: Number(match[2] ?? 1) } : undefined;
}
