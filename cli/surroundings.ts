import type { Surroundings } from "./map/command-target.js";
import type { ServerLink } from "./server-link.js";

/**
 * Our folder and environment, for commands that a server runs which did not inherit them; null for a private server,
 * which did, and for one on another machine, where they mean nothing.
 */
export function surroundings(server: ServerLink): Surroundings | null {
  if (server.address === null || !server.isLocal) return null;
  const env = Object.fromEntries(Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined));
  return { cwd: process.cwd(), env };
}
