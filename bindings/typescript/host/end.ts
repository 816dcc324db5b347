import { inspect } from "node:util";
import type { RpcEndpoint } from "../../../server/ipc/framing/rpc-endpoint.js";
import { withoutHost } from "./stack.js";

/** Says on standard error what nobody caught, as Python does for a process. */
export function reportThrown(name: string, error: unknown): void {
  if (error instanceof Error && error.stack !== undefined) error.stack = withoutHost(error.stack);
  process.stderr.write(`${name}:\n${inspect(error)}\n`);
}

let leaving = false;

/** Ends the session in an orderly way, which waits for this process's own children, then the process. */
export function leave(endpoint: RpcEndpoint, code: number): void {
  if (leaving) return;
  leaving = true;
  const end = () => exitNow(Number(process.exitCode ?? code));
  endpoint.request("shutdown", {}).then(end, end);
  endpoint.flush();
}

export function exitNow(code: number): never {
  process.exit(code);
}
