import { PolyprocError } from "../../protocol/errors.js";

/** Reports a fault of the server's own on standard error, and makes of it what the peer is told before its connection ends. */
export function serverFault(error: unknown): PolyprocError {
  console.error("polyproc: a fault of the server's own, please report it:", error);
  return new PolyprocError("InternalError", "a fault of the server's own, please report it; the connection ends");
}
