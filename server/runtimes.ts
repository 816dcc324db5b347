import { fileURLToPath } from "node:url";
import { nodeHost } from "./node-host.js";
import { asNode } from "./os/environment.js";
import type { RuntimeCommand } from "./os/host.js";

const pythonHost = fileURLToPath(new URL("../../bindings/python/polyproc/host", import.meta.url));

/** How worker hosts are started: `node`, `python`, and what the command line adds or replaces. */
export function runtimeCommands(further: Record<string, string[]>): Record<string, RuntimeCommand> {
  const runtimes: Record<string, RuntimeCommand> = {
    node: { command: process.execPath, args: [nodeHost], env: asNode },
    // A Python program that starts a server for itself names its own interpreter and its own host.
    python: { command: process.env["POLYPROC_PYTHON"] ?? "python3", args: [process.env["POLYPROC_PYTHON_HOST"] ?? pythonHost] },
  };
  for (const [name, [command, ...args]] of Object.entries(further)) runtimes[name] = { command: command!, args };
  return runtimes;
}
