/** Why a function that runs well where it was written may fail as text. */
export function explainReferenceError(error: unknown): unknown {
  if (!(error instanceof ReferenceError)) return error;
  error.message += " (the function was sent as source text: it sees only globals and its arguments; import what it needs inside of it, or export it from a module)";
  return error;
}
