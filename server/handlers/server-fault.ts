import { inspect } from "node:util";
import { PolyprocError } from "../../protocol/errors.js";
import { tellPeople } from "./standard-error.js";

/** Reports an unexpected exception, which is a bug of the server, on standard error. */
export function reportFault(error: unknown): void {
  tellPeople(`a fault of the server's own, please report it: ${inspect(error)}`);
}

/** Reports the exception. Returns the error that the peer gets before its connection ends. */
export function serverFault(error: unknown): PolyprocError {
  reportFault(error);
  return new PolyprocError(
    "InternalError",
    "a fault of the server's own, please report it; the connection ends: " +
      `${error instanceof Error ? error.message : String(error)}`,
  );
}
