import { readFileSync } from "node:fs";
import { getPriority } from "node:os";
import { parseLimits, type ResourceLimits } from "../protocol/resource-limits.js";
import type { Surroundings } from "./map/target/command-target.js";
import type { ServerLink } from "./server-link.js";

/**
 * This process's folder, environment, umask, niceness and limits, for commands of a shared server on this machine.
 * Null for a private server, which inherited them, and for a server on another machine, where they are not valid.
 */
export function surroundings(server: ServerLink): Surroundings | null {
  if (server.address === null || !server.isLocal) return null;
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && !entry[0].startsWith("POLYPROC_CLUSTER"),
    ),
  );
  return { cwd: process.cwd(), env, umask: process.umask(), nice: getPriority(), limits: ownLimits() };
}

/**
 * The limits of this process (`ulimit`). Empty where the system does not tell. Node has raised the soft limit of open
 * files to the hard one.
 */
export function ownLimits(): ResourceLimits {
  try {
    return parseLimits(readFileSync("/proc/self/limits", "latin1"));
  } catch {
    return {};
  }
}
