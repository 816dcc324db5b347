/** Says what the value must be, if it is something else: "a whole number from 1 up". Null if the value is fine. */
export type Expects = (value: unknown) => string | null;

/**
 * The options of a call, each with its check. The compiler sees that the table and the interface have the same names.
 */
export type OptionTable<T> = { readonly [K in keyof Required<T>]: Expects };

/** Names that people know from other libraries and from Python, and ours for the same. */
const otherNames: Record<string, string> = {
  concurrency: "processes",
  maxthreads: "processes",
  maxworkers: "processes",
  minthreads: "minProcesses",
  minworkers: "minProcesses",
  idletimeout: "idleTimeoutMs",
  stoponerror: "failFast",
  retry: "retries",
  timeout: "timeoutMs",
  abortsignal: "signal",
};

/**
 * Checks the options that a caller passed: every name must be in the table, and every value must be what its check
 * expects; `undefined` counts as absent. `call`: what the caller has called, for the message. Throws a TypeError, or a
 * RangeError for a number out of range.
 */
export function checkOptions(call: string, options: object, table: Readonly<Record<string, Expects>>): void {
  if (typeof options !== "object" || options === null || Array.isArray(options))
    throw new TypeError(
      `the options of ${call} must be an object, such as { ${Object.keys(table)[0]}: … }; got ${shown(options)}`,
    );
  for (const name in options) {
    const expects = Object.hasOwn(table, name) ? table[name] : undefined;
    if (!expects) throw unknownOption(call, name, Object.keys(table));
    const value = (options as Record<string, unknown>)[name];
    if (value === undefined) continue;
    const expected = expects(value);
    if (expected === null) continue;
    const text = `${call}: ${name} must be ${expected}; got ${shown(value)}`;
    throw typeof value === "number" ? new RangeError(text) : new TypeError(text);
  }
}

export const aCount =
  (least: number): Expects =>
  (value) =>
    Number.isSafeInteger(value) && (value as number) >= least ? null : `a whole number from ${least} up`;

export const aNumber =
  (least: number, most: number): Expects =>
  (value) =>
    Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most
      ? null
      : `a whole number from ${least} to ${most}`;

export const aFlag: Expects = (value) => (typeof value === "boolean" ? null : "true or false");

export const aText: Expects = (value) => (typeof value === "string" ? null : "a string");

export const aList: Expects = (value) => (Array.isArray(value) ? null : "an array");

export const anObject: Expects = (value) =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? null : "an object";

export const aFunction: Expects = (value) => (typeof value === "function" ? null : "a function");

/** Checked elsewhere. */
export const anything: Expects = () => null;

export const aSignal: Expects = (value) =>
  typeof value === "object" && value !== null && "aborted" in value && "addEventListener" in value
    ? null
    : "an AbortSignal";

/** `null` is no limit. */
export const aDuration: Expects = (value) =>
  value === null || (typeof value === "number" && value >= 0) ? null : "a number of milliseconds from 0 up";

export const oneOf =
  (...values: readonly unknown[]): Expects =>
  (value) =>
    values.includes(value) ? null : values.map((one) => JSON.stringify(one)).join(" or ");

export const orNull =
  (expects: Expects): Expects =>
  (value) =>
    value === null ? null : expects(value);

function unknownOption(call: string, name: string, names: readonly string[]): TypeError {
  const nearest = nearestName(name, names);
  const meant = nearest === null ? "" : ` Did you mean ${nearest}?`;
  return new TypeError(`${call} has no option ${JSON.stringify(name)}.${meant} Its options: ${names.join(", ")}`);
}

function nearestName(name: string, names: readonly string[]): string | null {
  const plain = plainly(name);
  const other = otherNames[plain];
  if (other !== undefined && names.includes(other)) return other;
  let nearest: string | null = null;
  let least = Math.max(1, Math.floor(plain.length / 3)) + 1;
  for (const candidate of names) {
    const theirs = plainly(candidate);
    const distance = plain.startsWith(theirs) || theirs.startsWith(plain) ? 1 : editDistance(plain, theirs);
    if (distance < least) [nearest, least] = [candidate, distance];
  }
  return nearest;
}

/** Without case, underscores and units. */
function plainly(name: string): string {
  return name
    .replace(/(?:Ms|Bytes|_ms|_bytes)$/, "")
    .replaceAll("_", "")
    .toLowerCase();
}

/** Levenshtein's distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const above = row;
    row = [i];
    for (let j = 1; j <= b.length; j++)
      row[j] = Math.min(above[j]! + 1, row[j - 1]! + 1, above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
  }
  return row[b.length]!;
}

function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (Array.isArray(value)) return "an array";
  if (typeof value === "function") return "a function";
  return typeof value === "object" && value !== null
    ? `an object with ${Object.keys(value).join(", ")}`
    : String(value);
}
