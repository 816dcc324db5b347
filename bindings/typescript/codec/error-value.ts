interface ErrorValue extends Record<string, unknown> {
  type: string;
  message: string;
  stack: string | undefined;
  cause: unknown;
  errors: unknown;
  properties: Record<string, unknown> | undefined;
}

const builtIn: Record<string, new (message: string) => Error> = {
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
};

export function errorToValue(error: Error): ErrorValue {
  const properties: Record<string, unknown> = {};
  for (const key of Object.keys(error)) {
    if (key !== "message" && key !== "stack" && key !== "cause" && key !== "errors")
      properties[key] = (error as unknown as Record<string, unknown>)[key];
  }
  return {
    type: error.name,
    message: error.message,
    stack: error.stack,
    cause: error.cause,
    errors: error instanceof AggregateError ? error.errors : undefined,
    properties: Object.keys(properties).length > 0 ? properties : undefined,
  };
}

/** An Error of the same built-in class; of any other class, an Error with its name. */
export function errorFromValue(value: Partial<ErrorValue>): Error {
  const type = typeof value.type === "string" ? value.type : "Error";
  const message = typeof value.message === "string" ? value.message : "";
  const error = Array.isArray(value.errors)
    ? new AggregateError(value.errors, message)
    : new (builtIn[type] ?? Error)(message);
  const hide = (key: string, of: unknown) =>
    Object.defineProperty(error, key, { value: of, configurable: true, writable: true, enumerable: false });
  if (error.name !== type) hide("name", type);
  if (typeof value.stack === "string") hide("stack", value.stack);
  if (value.cause !== undefined && value.cause !== null) hide("cause", value.cause);
  for (const [key, property] of Object.entries(value.properties ?? {})) {
    Object.defineProperty(error, key, { value: property, configurable: true, writable: true, enumerable: true });
  }
  return error;
}
