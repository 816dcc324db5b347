import { errorCodes, type ErrorName } from "../../../protocol/errors.js";
import { withoutHost } from "../host/stack.js";
import { makeError } from "../session/errors.js";
import { builtInClassOf, makeBuiltIn, nameOf } from "./error-class.js";

/** What is sent of an error. Its parts are values. */
export interface ErrorValue extends Record<string, unknown> {
  /** Name of the error, or of its class. */
  type: string;
  /** Name of the built-in class that it extends, if that is not `type`. */
  class: string | undefined;
  message: string;
  stack: string | undefined;
  cause: unknown;
  errors: unknown;
  properties: Record<string, unknown> | undefined;
}

const told: ReadonlySet<string> = new Set(["message", "stack", "cause", "errors"]);

export function errorToValue(error: Error): ErrorValue {
  const properties: Record<string, unknown> = {};
  for (const key of Object.keys(error))
    if (!told.has(key)) properties[key] = (error as unknown as Record<string, unknown>)[key];
  const type = nameOf(error);
  const builtIn = builtInClassOf(error);
  return {
    type,
    class: builtIn === type ? undefined : builtIn,
    message: error.message,
    stack: typeof error.stack === "string" ? withoutHost(error.stack) : undefined,
    cause: error.cause,
    errors: builtIn === "AggregateError" ? (error as AggregateError).errors : undefined,
    properties: Object.keys(properties).length > 0 ? properties : undefined,
  };
}

/** An Error of the same built-in class, or of this package's, with its name, stack, properties, cause and errors. */
export function errorFromValue(value: Partial<ErrorValue>): Error {
  const type = typeof value.type === "string" ? value.type : "Error";
  const message = typeof value.message === "string" ? value.message : "";
  const { properties = {} } = value;
  const className =
    typeof value.class === "string" ? value.class : Array.isArray(value.errors) ? "AggregateError" : type;
  const error = isOurs(type, properties)
    ? makeError(type, message, (properties["data"] ?? {}) as Record<string, unknown>)
    : makeBuiltIn(className, message, type, value.errors);
  const hide = (key: string, of: unknown) =>
    Object.defineProperty(error, key, { value: of, configurable: true, writable: true, enumerable: false });
  if (error.name !== type) hide("name", type);
  // Without a stack it would get that of this function.
  hide("stack", typeof value.stack === "string" ? value.stack : `${type}: ${message}`);
  if (value.cause !== undefined && value.cause !== null) hide("cause", value.cause);
  for (const [key, property] of Object.entries(properties)) {
    if (key === "__proto__" || told.has(key)) continue;
    Object.defineProperty(error, key, { value: property, configurable: true, writable: true, enumerable: true });
  }
  return error;
}

function isOurs(type: string, properties: Record<string, unknown>): type is ErrorName {
  return Object.hasOwn(errorCodes, type) && properties["codeName"] === type;
}
