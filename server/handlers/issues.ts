import * as v from "valibot";

/** Words for the error text. */
export interface Checked {
  /** Name of the whole value that is checked. */
  whole: string;
  /** What to say of a member that is not allowed. */
  unknown: string;
}

const parameters: Checked = { whole: "params", unknown: "not a parameter of this method" };

/** `timeoutMs: expected number, got "5" (string); lock: missing`: the first three issues, each with the value. */
export function describeIssues(issues: readonly v.BaseIssue<unknown>[], checked = parameters): string {
  return issues
    .slice(0, 3)
    .map((issue) => describe(issue, checked))
    .join("; ");
}

function describe(issue: v.BaseIssue<unknown>, { whole, unknown }: Checked): string {
  const path = v.getDotPath(issue) ?? whole;
  if (issue.expected === "never") return `${path}: ${unknown}`;
  if (issue.input === undefined) return `${path}: missing`;
  const wanted = issue.message.startsWith("Invalid") ? `expected ${issue.expected ?? "another value"}` : issue.message;
  return `${path}: ${wanted}, got ${quote(issue.input)} (${typeName(issue.input)})`;
}

export function quote(value: unknown): string {
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (typeof value === "bigint") return `${value}`;
  if (typeof value === "object" && value !== null)
    return Array.isArray(value) ? `[${value.length} items]` : `{${Object.keys(value).slice(0, 5).join(", ")}}`;
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

function typeName(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (value instanceof Uint8Array) return "bytes";
  return typeof value;
}
