/** Thrown if the command line is invalid. The message is one line and says what to change. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
