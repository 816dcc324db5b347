import { homedir } from "node:os";
import { join } from "node:path";
import { parseAddress, type Address } from "../bindings/typescript/session/address.js";
import { UsageError } from "./usage-error.js";

/** Which server is meant, and how that was found out. */
export interface ServerAddress {
  text: string;
  address: Address;
  from: "environment" | "default";
}

/** Where `polyproc serve` listens when it is not told: in $XDG_RUNTIME_DIR, else below ~/.cache. */
export function defaultSocketPath(env: NodeJS.ProcessEnv = process.env): string {
  const runtime = env["XDG_RUNTIME_DIR"];
  return join(runtime ? runtime : join(homedir(), ".cache"), "polyproc", "server.sock");
}

/** POLYPROC_ADDRESS, else the default socket. Fails with UsageError when the variable holds no address. */
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
