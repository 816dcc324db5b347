import { inspect } from "node:util";
import { PolyprocError } from "../../../protocol/errors.js";
import type { RpcEndpoint } from "../../../server/ipc/framing/rpc-endpoint.js";
import { withoutHost } from "./stack.js";

/** Writes an uncaught error to standard error, as Python does for a process. */
export function reportThrown(name: string, error: unknown): void {
  if (error instanceof PolyprocError && error.codeName === "TargetNotFound") {
    // The stack would show only the host's loader.
    process.stderr.write(`${name}:\n${error.name}: ${error.message}\n`);
    return;
  }
  for (let one = error, depth = 0; one instanceof Error && depth < 8; one = one.cause, depth++) {
    if (typeof one.stack === "string") one.stack = withoutHost(one.stack);
  }
  process.stderr.write(`${name}:\n${inspect(error)}\n`);
}

let leaving = false;

/** Runs the actions, ends the session in order, which waits for this process's own children, and exits. */
export function leave(endpoint: RpcEndpoint, code: number, before: readonly (() => Promise<void>)[]): void {
  if (leaving) return;
  leaving = true;
  const end = () => process.exit(Number(process.exitCode ?? code));
  const shutDown = () => {
    endpoint.request("shutdown", {}).then(end, end);
    endpoint.flush();
  };
  if (before.length === 0) shutDown();
  else void Promise.allSettled(before.map((action) => action())).then(shutDown);
}
