import { nodeHost } from "./node-host.js";
import { asNode } from "./os/environment.js";
import type { RuntimeCommand } from "./os/host.js";

/** How worker hosts are started: `node`, and what the command line adds or replaces. */
export function runtimeCommands(further: Record<string, string[]>): Record<string, RuntimeCommand> {
  const runtimes: Record<string, RuntimeCommand> = {
    node: { command: process.execPath, args: [nodeHost], env: asNode },
  };
  for (const [name, [command, ...args]] of Object.entries(further)) runtimes[name] = { command: command!, args };
  return runtimes;
}
