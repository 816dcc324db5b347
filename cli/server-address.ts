import { parseAddress, type Address } from "../bindings/typescript/session/address.js";
import { defaultSocketPath } from "../bindings/typescript/session/default-socket.js";
import { UsageError } from "./usage-error.js";

/** A server's address and where it was configured. */
export interface ServerAddress {
  text: string;
  address: Address;
  from: "environment" | "default";
}

/**
 * The address in POLYPROC_ADDRESS, otherwise the default socket. Throws UsageError if the variable is not an address.
 */
export function serverAddress(env: NodeJS.ProcessEnv = process.env): ServerAddress {
  const given = env["POLYPROC_ADDRESS"];
  if (given === undefined || given === "") {
    const path = defaultSocketPath(env);
    return { text: `unix:${path}`, address: { kind: "unix", path }, from: "default" };
  }
  try {
    return { text: given, address: parseAddress(given), from: "environment" };
  } catch (error) {
    throw new UsageError(`POLYPROC_ADDRESS: ${(error as Error).message}`);
  }
}
