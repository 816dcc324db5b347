/** The command line cannot be understood. The message, one line, says what to change. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
