import { homedir } from "node:os";
import { join } from "node:path";

/** The socket on which `polyproc serve` listens by default: in $XDG_RUNTIME_DIR, otherwise below ~/.cache. */
export function defaultSocketPath(env: NodeJS.ProcessEnv = process.env): string {
  const runtime = env["XDG_RUNTIME_DIR"];
  return join(runtime ? runtime : join(homedir(), ".cache"), "polyproc", "server.sock");
}
