import { open, waitForDebugger } from "node:inspector";

/**
 * With `POLYPROC_DEBUG=HOST:PORT` in its environment, the host listens there for a debugger and waits for it before it
 * runs anything. The variable is removed, so that the programs that a function starts do not wait, too.
 */
export function awaitDebugger(): void {
  const address = process.env["POLYPROC_DEBUG"];
  delete process.env["POLYPROC_DEBUG"];
  if (address === undefined) return;
  const colon = address.lastIndexOf(":");
  open(Number(address.slice(colon + 1)), address.slice(0, colon));
  waitForDebugger();
}
