import { InvalidArgumentError } from "commander";

/** When a map ends early: as soon as enough items have failed, succeeded or ended. */
export type Halt =
  | { when: "never" }
  /** `soon` lets running items finish, `now` ends them. */
  | { when: "soon" | "now"; what: "fail" | "success" | "done"; count: number; unit: "items" | "percent" };

/** With a percentage, no map ends before this many items. */
const leastItems = 3;

/** Reads `never`, `now`, `soon`, `now,fail=N`, `soon,success=N%` … and the short forms of GNU parallel. */
export function parseHalt(text: string): Halt {
  if (text === "never" || text === "0") return { when: "never" };
  const short: Record<string, string> = {
    "1": "soon,fail=1",
    "2": "now,fail=1",
    "-1": "soon,success=1",
    "-2": "now,success=1",
  };
  const full = short[text] ?? (/^[1-9]\d?%$/.test(text) ? `soon,fail=${text}` : text);
  const found = /^(soon|now)(?:,(fail|success|done)=([1-9]\d{0,8})(%?))?$/.exec(full);
  const count = Number(found?.[3] ?? 1);
  if (!found || (found[4] && count > 100))
    throw new InvalidArgumentError(
      "Expected never, or now or soon with fail=, success= or done= N or N%: soon,fail=3.",
    );
  return {
    when: found[1] as "soon" | "now",
    what: (found[2] ?? "fail") as "fail" | "success" | "done",
    count,
    unit: found[4] ? "percent" : "items",
  };
}

export interface Counts {
  done: number;
  failed: number;
  /** Number of all items; null if unknown: then percentages are of the items that have ended. */
  total: number | null;
}

export function isReached(halt: Halt, { done, failed, total }: Counts): boolean {
  if (halt.when === "never") return false;
  const reached = { fail: failed, success: done, done: done + failed }[halt.what];
  if (halt.unit === "items") return reached >= halt.count;
  if (done + failed < leastItems) return false;
  return reached > 0 && (reached / (total ?? done + failed)) * 100 >= halt.count;
}
