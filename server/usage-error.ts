/** The server cannot be started with these options. The message says what to change; the exit status is 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
