import type { RunItem } from "../runs/run.js";
import { ItemsError } from "./item-source.js";
import { findJsonError } from "./json-error.js";

/** Longest label, in characters. */
const labelWidth = 80;

/** Reads a JSON array. Fails with ItemsError, which says where the text is not JSON. */
export function parseValues(text: string): unknown[] {
  let values: unknown;
  try {
    values = JSON.parse(text);
  } catch {
    const { offset, message } = findJsonError(text) ?? { offset: text.length, message: "this is not JSON" };
    const { line, column } = positionOf(text, offset);
    throw new ItemsError(`${message}, at ${line === 1 ? "" : `line ${line}, `}column ${column}`);
  }
  if (Array.isArray(values)) return values as unknown[];
  throw new ItemsError(`a JSON array is needed, such as [1, 2, 3]; this is ${kindOf(values)}`);
}

export function valueItems(values: readonly unknown[]): RunItem[] {
  return values.map((value) => ({ value, label: labelOfValue(value), file: null }));
}

function labelOfValue(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const line = text.replace(/\s+/g, " ").trim();
  if (line.length > labelWidth) return `${line.slice(0, labelWidth - 1)}…`;
  return line === "" ? JSON.stringify(value) : line;
}

/** Both from 1. */
function positionOf(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).split("\n");
  return { line: before.length, column: before.at(-1)!.length + 1 };
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (typeof value === "object") return "an object";
  return `a ${typeof value}`;
}
