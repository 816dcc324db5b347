import { isArrayBuffer, isBoxedPrimitive, isDate, isMap, isNativeError, isSet } from "node:util/types";
import { isShared } from "../session/shared-object.js";
import { maxDepth } from "../../../server/ipc/framing/value-reader.js";
import { opaqueClassOf } from "./opaque-class.js";

/** Explains which part of a value cannot be encoded, and why. Call it when encoding has failed. */
export function whyUnencodable(value: unknown): string {
  return search(value, "", new Set()) ?? `it nests deeper than ${maxDepth}, or holds something that cannot be copied`;
}

function search(value: unknown, path: string, above: Set<unknown>): string | undefined {
  const where = path === "" ? "the value itself" : path;
  if (typeof value === "function") {
    return (
      `${where} is the function ${value.name || "(unnamed)"}: functions stay in their process; ` +
      "to run one elsewhere pass it as a target"
    );
  }
  if (typeof value === "symbol") return `${where} is ${String(value)}: symbols stay in their process`;
  if (typeof value !== "object" || value === null || isShared(value)) return undefined;
  if (isDate(value)) return Number.isNaN(value.getTime()) ? `${where} is an invalid Date` : undefined;
  const opaque = isCopied(value) ? undefined : opaqueClassOf(value);
  if (opaque === "Promise") return `${where} is a Promise: await it first`;
  if (opaque?.endsWith("Generator")) return `${where} is ${a(opaque)}: it stays in its process; send what it yields`;
  if (opaque !== undefined) return `${where} is ${a(opaque)}, which cannot be copied`;
  if (above.has(value)) return `${where} is part of itself: a cycle cannot be sent`;
  if (above.size >= maxDepth) return `${where.slice(0, 80)}… nests deeper than ${maxDepth}`;
  above.add(value);
  const found = searchParts(value, path, above);
  above.delete(value);
  return found;
}

function a(className: string): string {
  return `${/^[AEIOU]/.test(className) ? "an" : "a"} ${className}`;
}

/** Whether the writer copies the value in another way than by its members. */
function isCopied(value: object): boolean {
  return (
    isMap(value) ||
    isSet(value) ||
    isArrayBuffer(value) ||
    ArrayBuffer.isView(value) ||
    isBoxedPrimitive(value) ||
    typeof (value as { toJSON?: unknown }).toJSON === "function"
  );
}

function searchParts(value: object, path: string, above: Set<unknown>): string | undefined {
  for (const [at, part] of partsOf(value)) {
    const found = search(part, path === "" ? at.replace(/^\./, "") : `${path}${at}`, above);
    if (found !== undefined) return found;
  }
  return undefined;
}

function partsOf(value: object): [at: string, part: unknown][] {
  if (Array.isArray(value)) return value.map((part: unknown, i) => [`[${i}]`, part]);
  if (isMap(value))
    return [...value].flatMap(([key, part]): [string, unknown][] => [
      [".(a key)", key],
      [`.get(${String(key)})`, part],
    ]);
  if (isSet(value)) return [...value].map((part: unknown) => [".(a member)", part]);
  if (ArrayBuffer.isView(value)) return [];
  const members = Object.entries(value).map(([key, part]): [string, unknown] => [
    /^[\w$]+$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`,
    part,
  ]);
  return isNativeError(value) ? [...members, [".cause", value.cause]] : members;
}
