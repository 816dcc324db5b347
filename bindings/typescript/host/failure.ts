import { errorCodes, type PolyprocError } from "../../../protocol/errors.js";
import type { Failure } from "../../../protocol/job.js";
import { builtInClassOf, nameOf } from "../codec/error-class.js";
import { encode } from "../session/codec.js";
import { withoutHost } from "./stack.js";

/** The description of an error, in `data` of TaskFailed. Causes have the same shape, without `language`. */
export interface ErrorFacts extends Record<string, unknown> {
  /** Name of the error's class. If another value was thrown, its type: `null`, `string` …. */
  type: string;
  /** The built-in class that it extends, if that is not `type`. */
  class?: string;
  message: string;
  stack: string;
  properties?: Record<string, unknown>;
  cause?: ErrorFacts;
  /** The errors of an AggregateError. */
  errors?: ErrorFacts[];
}

const maxCauses = 8;
const maxErrors = 100;
const maxTextLength = 64 * 1024;
const maxPropertyDepth = 8;
const maxPropertyValues = 1000;

/**
 * The failure of an item whose function threw `error`, which may be any value. If the description loses something,
 * `thrown` has the value itself, encoded for JavaScript.
 */
export function taskFailed(error: unknown): Failure {
  const facts = describeError(error, maxCauses);
  const thrown = isDescribed(error) ? undefined : encoded(error);
  return failure("TaskFailed", `${facts.type}: ${facts.message}`, {
    ...facts,
    language: "javascript",
    ...(thrown !== undefined && { thrown }),
  });
}

/** Whether type, message and stack are all that there is. */
function isDescribed(error: unknown): boolean {
  try {
    return isError(error) && Object.keys(error).length === 0 && !("cause" in error) && !("errors" in error);
  } catch {
    return false;
  }
}

/** The value as base64, or undefined: it cannot be sent, is large, or has handles, which only payloads may have. */
function encoded(thrown: unknown): string | undefined {
  try {
    const payload = encode(thrown);
    if (!(payload instanceof Uint8Array) || payload.length > maxTextLength) return undefined;
    return Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString("base64");
  } catch {
    return undefined;
  }
}

/** A PolyprocError as a failure, unchanged: TargetNotFound, Cancelled …. */
export function failureOf(error: PolyprocError): Failure {
  return failure(error.codeName, error.message, error.data);
}

function failure(name: keyof typeof errorCodes, message: string, data: Record<string, unknown>): Failure {
  return { code: errorCodes[name], message: cut(message), data: { name, ...data } };
}

function describeError(error: unknown, causes: number): ErrorFacts {
  try {
    return isError(error) ? describeThrownError(error, causes) : describeOther(error);
  } catch {
    // A proxy may throw from every operation.
    const message = `a value of type ${typeof error} that cannot be looked at`;
    return { type: typeof error, message, stack: `thrown: ${message}` };
  }
}

function describeOther(thrown: unknown): ErrorFacts {
  const text = quote(thrown);
  return { type: thrown === null ? "null" : typeof thrown, message: text, stack: `thrown: ${text}` };
}

function describeThrownError(error: Error, causes: number): ErrorFacts {
  const type = nameOf(error);
  const message = cut(readText(error, "message"));
  const facts: ErrorFacts = {
    type,
    message,
    stack: cut(withoutHost(readText(error, "stack")) || `${type}: ${message}`),
  };
  const builtIn = builtInClassOf(error);
  if (builtIn !== type && builtIn !== "Error") facts.class = builtIn;
  const properties = propertiesOf(error);
  if (properties) facts.properties = properties;
  const cause = read(error, "cause");
  if (cause !== undefined && causes > 0) facts.cause = describeError(cause, causes - 1);
  const errors = builtIn === "AggregateError" ? read(error, "errors") : undefined;
  if (Array.isArray(errors) && causes > 0)
    facts.errors = errors.slice(0, maxErrors).map((one) => describeError(one, 0));
  return facts;
}

function isError(value: unknown): value is Error {
  // Errors of another realm (`node:vm`) are not instances of this realm's Error.
  return value instanceof Error || Object.prototype.toString.call(value) === "[object Error]";
}

/** Own properties, as far as JSON can hold them. */
function propertiesOf(error: Error): Record<string, unknown> | undefined {
  const properties: Record<string, unknown> = {};
  const budget = { values: maxPropertyValues };
  let found = false;
  for (const key of Object.keys(error)) {
    if (key === "stack" || key === "message" || key === "cause" || key === "errors" || key === "__proto__") continue;
    const value = jsonSafe(read(error, key), maxPropertyDepth, budget);
    if (value === undefined) continue;
    properties[key] = value;
    found = true;
  }
  return found ? properties : undefined;
}

/** A copy that JSON and msgpack can hold. Undefined if there is none. */
function jsonSafe(value: unknown, depth: number, budget: { values: number }): unknown {
  if (budget.values-- <= 0) return undefined;
  switch (typeof value) {
    case "string":
      return cut(value);
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "bigint":
      return String(value);
    case "object":
      break;
    default:
      return undefined;
  }
  if (value === null) return null;
  if (depth === 0) return undefined;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (Array.isArray(value)) return value.map((item) => jsonSafe(item, depth - 1, budget) ?? null);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype && !isError(value)) return quote(value);
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    if (key === "__proto__") continue;
    const member = jsonSafe(read(value, key), depth - 1, budget);
    if (member !== undefined) copy[key] = member;
  }
  return copy;
}

/** Reads a property. A getter of a thrown value may itself throw. */
function read(from: unknown, key: string): unknown {
  try {
    return (from as Record<string, unknown> | null | undefined)?.[key];
  } catch {
    return undefined;
  }
}

function readText(from: unknown, key: string): string {
  const value = read(from, key);
  return typeof value === "string" ? value : "";
}

function quote(value: unknown): string {
  try {
    if (typeof value === "string") return cut(value);
    if (typeof value === "object" && value !== null) {
      const text = JSON.stringify(value) as string | undefined;
      return cut(text === undefined || text === "{}" ? Object.prototype.toString.call(value) : text);
    }
    return cut(String(value));
  } catch {
    return Object.prototype.toString.call(value);
  }
}

function cut(text: string): string {
  return text.length > maxTextLength ? `${text.slice(0, maxTextLength)}…` : text;
}
