import { errorFromValue } from "../codec/error-value.js";

/** The description of what was thrown in a worker: plain data, whatever the worker's language. */
export interface ErrorFacts {
  type: string;
  /** For a JavaScript error: the built-in class that it extends, if that is not `type`. */
  class?: string;
  message: string;
  stack?: string;
  properties?: Record<string, unknown>;
  cause?: ErrorFacts;
  errors?: ErrorFacts[];
}

/** Builds an error from its description: class (if built in), message, stack, own properties, causes. */
export function rebuildError(facts: ErrorFacts): Error {
  const { cause, errors } = facts;
  return errorFromValue({
    ...facts,
    cause: cause && rebuildError(cause),
    errors: Array.isArray(errors) ? errors.map(rebuildError) : undefined,
  });
}
