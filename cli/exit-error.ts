/** Ends the command with this status, after its message was shown. */
export class ExitError extends Error {
  override readonly name = "ExitError";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}
