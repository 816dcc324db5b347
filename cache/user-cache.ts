import { homedir } from "node:os";
import { join } from "node:path";

/** The folder for what this user's programs keep to save time. It may be removed at any moment. */
export function userCache(): string {
  return join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "polyproc");
}
