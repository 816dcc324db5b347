type ErrorClass = new (message: string) => Error;

/** The classes that every process has. An error of another class arrives as the nearest of these. */
const builtIn: Record<string, ErrorClass> = {
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
};

/** An error of the built-in class. `name`: for a DOMException, whose name says what happened. */
export function makeBuiltIn(className: string, message: string, name: string, errors: unknown): Error {
  if (className === "AggregateError") return new AggregateError(Array.isArray(errors) ? errors : [], message);
  if (className === "DOMException") return new DOMException(message, name);
  return new (Object.hasOwn(builtIn, className) ? builtIn[className]! : Error)(message);
}

/** Name of the nearest built-in class. It is found by name: errors of another realm have classes of their own. */
export function builtInClassOf(error: Error): string {
  for (let at: unknown = Object.getPrototypeOf(error); at !== null; at = Object.getPrototypeOf(at)) {
    const name = classNameOf(at as object);
    if (isBuiltIn(name)) return name;
  }
  return "Error";
}

/** The error's name. If that is only the name of its built-in class, the name of its own class. */
export function nameOf(error: Error): string {
  const { name } = error;
  if (typeof name === "string" && name !== "" && !isBuiltIn(name)) return name;
  return classNameOf(error) || name || "Error";
}

function isBuiltIn(name: string): boolean {
  return Object.hasOwn(builtIn, name) || name === "AggregateError" || name === "DOMException";
}

function classNameOf(value: object): string {
  const made = value.constructor as { name?: unknown } | undefined;
  return typeof made?.name === "string" ? made.name : "";
}
