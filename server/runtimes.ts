import { fileURLToPath } from "node:url";
import type { RuntimeCommand } from "./os/host.js";

const nodeHost = fileURLToPath(new URL("../bindings/typescript/host/main.js", import.meta.url));

/** How worker hosts are started: `node`, and what the command line adds or replaces. */
export function runtimeCommands(further: Record<string, string[]>): Record<string, RuntimeCommand> {
  const runtimes: Record<string, RuntimeCommand> = {
    // Under Electron the executable is Node only when told so.
    node: { command: process.execPath, args: [nodeHost], env: { ELECTRON_RUN_AS_NODE: "1" } },
  };
  for (const [name, [command, ...args]] of Object.entries(further)) runtimes[name] = { command: command!, args };
  return runtimes;
}
