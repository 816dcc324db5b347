import { errorCodes, PolyprocError, type ErrorName } from "../../../protocol/errors.js";

/** The description of an error that was thrown in a worker. */
export interface ErrorFacts {
  type: string;
  message: string;
  stack?: string;
  properties?: Record<string, unknown>;
  cause?: ErrorFacts;
}

const builtIn: Record<string, new (message: string) => Error> = {
  Error,
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
  URIError,
  EvalError,
};

/** Rebuilds an error of a worker: class (if built in), message, stack, own properties, causes. */
export function rebuildError(facts: ErrorFacts): Error {
  const error = make(facts);
  const { type, stack, properties, cause } = facts;
  if (error.name !== type) hidden(error, "name", type);
  if (typeof stack === "string") hidden(error, "stack", stack);
  for (const [key, value] of Object.entries(properties ?? {})) {
    if (
      key !== "__proto__" &&
      key !== "stack" &&
      key !== "message" &&
      !(error instanceof PolyprocError && key in error)
    ) {
      Object.defineProperty(error, key, { value, writable: true, enumerable: true, configurable: true });
    }
  }
  if (cause) hidden(error, "cause", rebuildError(cause));
  return error;
}

function make({ type, message, properties }: ErrorFacts): Error {
  if (Object.hasOwn(errorCodes, type) && properties?.["codeName"] === type) {
    return new PolyprocError(type as ErrorName, message, (properties["data"] ?? {}) as Record<string, unknown>);
  }
  const Class = Object.hasOwn(builtIn, type) ? builtIn[type]! : Error;
  return new Class(message);
}

function hidden(error: Error, key: string, value: unknown): void {
  Object.defineProperty(error, key, { value, writable: true, enumerable: false, configurable: true });
}
