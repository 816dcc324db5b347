import { inspect } from "node:util";
import { OpaqueBlob } from "../../bindings/typescript/session/codec.js";
import { UnknownObject } from "../../bindings/typescript/session/handles.js";
import type { CommandResult } from "../../protocol/target.js";
import { t } from "../l10n.js";
import { formatMs } from "../results/format.js";
import { failureStack, failureText } from "../../bindings/typescript/runs/failure-text.js";
import type { Row } from "../runs/run.js";
import { oneLine, shorten } from "./one-line.js";

const maxLabelLength = 60;
const maxResultLength = 300;
const maxStackLines = 12;

/** The prefix of each line of an item. Of a long path the end is kept, because it says more. */
export function prefixOf(label: string): string {
  const text = oneLine(label);
  return `[${text.length > maxLabelLength ? `…${text.slice(1 - maxLabelLength)}` : text}] `;
}

/** The lines that report an item's outcome, without the prefix; none while the item has no outcome. */
export function outcomeLines(row: Row, isCommand: boolean): string[] {
  const took =
    row.ms === null ? "" : ` (${formatMs(row.ms)}${row.attempt > 1 ? `, ${t("attempt {0}", row.attempt)}` : ""})`;
  switch (row.state) {
    case "queued":
    case "running":
      return [];
    case "done":
      return [isCommand ? `✔ ${commandOutcome(row.value)}${took}` : `✔ ${resultText(row.value)}${took}`];
    case "failed": {
      const text = row.error ? failureText(row.error) : t("failed");
      const stack = row.error ? failureStack(row.error) : null;
      return [`✘ ${oneLine(text)}${took}`, ...(stack ? stackLines(stack) : [])];
    }
    case "cancelled":
      return [`⊘ ${t("cancelled")}${took}`];
    case "lost":
      return [`⊘ ${t("lost: the server ended before it was done")}`];
  }
}

/** A value in one line. */
export function resultText(value: unknown): string {
  if (value === undefined) return t("(the result is no longer kept)");
  const text =
    typeof value === "string"
      ? JSON.stringify(shorten(value, maxResultLength))
      : inspect(shown(value, 4), {
          breakLength: Infinity,
          compact: true,
          depth: 3,
          maxArrayLength: 20,
          maxStringLength: maxResultLength,
        });
  return shorten(oneLine(text), maxResultLength);
}

/** Handles and other languages' values as one word: their contents mean nothing to the user. */
function shown(value: unknown, depth: number): unknown {
  if (value instanceof UnknownObject) return named(value.handle);
  if (value instanceof OpaqueBlob) return named(`${value.tag}, ${value.data.length} bytes`);
  if (depth === 0 || typeof value !== "object" || value === null) return value;
  if (Array.isArray(value))
    return value
      .slice(0, 21)
      .map((one) => shown(one, depth - 1))
      .concat(value.length > 21 ? new Array<unknown>(value.length - 21) : []);
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, shown(one, depth - 1)]));
}

function named(name: string): object {
  return { [inspect.custom]: () => `<${name}>` };
}

function commandOutcome(value: unknown): string {
  const result = value as Partial<CommandResult> | null | undefined;
  if (typeof result?.signal === "string") return t("ended by {0}", result.signal);
  return typeof result?.exitCode === "number" && result.exitCode !== 0
    ? t("exit code {0}", result.exitCode)
    : t("done");
}

/** Without the first lines of the stack: the row already shows them. */
function stackLines(stack: string): string[] {
  const lines = stack.split("\n").map((line) => oneLine(line));
  const from = lines.findIndex((line) => /^\s+(?:at |File )/.test(line));
  const frames = from === -1 ? lines.slice(1) : lines.slice(from);
  return frames.length > maxStackLines
    ? [...frames.slice(0, maxStackLines), `    ${t("… and {0} more", frames.length - maxStackLines)}`]
    : frames;
}
