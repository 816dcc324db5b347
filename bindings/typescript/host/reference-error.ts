/** Explains, in a ReferenceError, why a function sent as source text fails although it works where it was written. */
export function explainReferenceError(error: unknown): unknown {
  if (!(error instanceof ReferenceError)) return error;
  error.message +=
    " (the function was sent as source text: it sees only globals and its arguments; " +
    "import what it needs inside of it, or export it from a module)";
  return error;
}
