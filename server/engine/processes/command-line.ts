import { toBase64 } from "../../../protocol/base64.js";
import { bytesToText } from "../../../protocol/escaped-text.js";
import { PolyprocError } from "../../../protocol/errors.js";
import type { CommandTarget } from "../../../protocol/target.js";
import type { CommandSpec } from "./spawner.js";

const placeholder = /\{\{(item|index)\}\}|\{item(?:\.([A-Za-z_][\w.-]*))?\}|\{index\}/g;
const itemPlaceholder = /(?<!\{)\{item(?:\.[A-Za-z_][\w.-]*)?\}(?!\})/;

/** The command for one item of a map. */
export function fillItem(target: CommandTarget, item: unknown, index: number): CommandSpec {
  const fill = (text: string) => fillText(text, item, index);
  if (target.inputItem) return { ...build(target, (target.args ?? []).map(fill), fill), input: asInput(item) };
  const args = (target.args ?? []).map(fill);
  if (!(target.args ?? []).some((arg) => itemPlaceholder.test(arg))) args.push(asText(item));
  return build(target, args, fill);
}

/** The command with further arguments, for `apply`, `starmap` and processes. */
export function fillArguments(target: CommandTarget, all: readonly unknown[], index = 0): CommandSpec {
  const args = target.inputItem ? all.slice(1) : all;
  const fill = (text: string) => fillText(text, args.length === 1 ? args[0] : args, index);
  const own = target.args ?? [];
  const takesItem = own.some((arg) => itemPlaceholder.test(arg));
  const spec = build(target, [...own.map(fill), ...(takesItem ? [] : args.map(asText))], fill);
  return target.inputItem ? { ...spec, input: asInput(all[0]) } : spec;
}

function asInput(item: unknown): string | Uint8Array {
  if (typeof item === "string" || item instanceof Uint8Array) return item;
  throw new PolyprocError("InvalidParams", `inputItem: standard input is a text or bytes; the item is ${shown(item)}`);
}

function build(target: CommandTarget, args: string[], fill: (text: string) => string): CommandSpec {
  if (target.inputItem && target.input !== undefined)
    throw new PolyprocError("InvalidParams", "input and inputItem both say what standard input is: give one of them");
  const env =
    target.env &&
    Object.fromEntries(Object.entries(target.env).map(([key, value]) => [key, value === null ? null : fill(value)]));
  return {
    command: target.command,
    args,
    cwd: target.cwd === undefined ? undefined : fill(target.cwd),
    env,
    input: target.input === undefined ? undefined : fill(target.input),
    umask: target.umask,
    nice: target.nice,
    limits: target.limits,
  };
}

function fillText(text: string, item: unknown, index: number): string {
  return text.replace(placeholder, (whole, literal: string | undefined, member: string | undefined) => {
    if (literal !== undefined) return `{${literal}}`;
    if (whole === "{index}") return String(index);
    return asText(member === undefined ? item : memberOf(item, member));
  });
}

function memberOf(item: unknown, path: string): unknown {
  let value = item;
  for (const key of path.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key))
      throw new PolyprocError(
        "InvalidParams",
        `the item has no member ${JSON.stringify(key)}, which {item.${path}} names; it is ${shown(item)}`,
      );
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

function shown(item: unknown): string {
  const text = typeof item === "string" ? JSON.stringify(item) : asText(item);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

/** A string as it is, bytes as escaped text; anything else as JSON, where bytes are base64. */
function asText(value: unknown): string {
  if (typeof value === "string") return value;
  if (value instanceof Uint8Array) return bytesToText(value);
  return JSON.stringify(value, (_key, inner: unknown) => plain(inner)) ?? "";
}

function plain(value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  return value instanceof Uint8Array ? toBase64(value) : value;
}
