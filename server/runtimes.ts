import { fileURLToPath } from "node:url";
import type { RuntimeConfiguration } from "./configuration.js";
import { nodeHost } from "./node-host.js";
import { asNode } from "./os/environment.js";
import type { RuntimeCommand } from "./os/host.js";

const pythonHost = fileURLToPath(new URL("../../bindings/python/polyproc/host", import.meta.url));

/**
 * How worker hosts are started: `node`, `python`, and the runtimes that the configuration file and the command line
 * (`named`) add or replace. An entry for `node` or `python` without arguments replaces the interpreter and keeps
 * Polyproc's host. A Python program that starts a private server has priority over the file: its functions run in its
 * own interpreter.
 */
export function runtimeCommands(
  configured: Record<string, RuntimeConfiguration>,
  named: Record<string, string[]>,
  nodeOptions: readonly string[] = [],
): Record<string, RuntimeCommand> {
  const ownPython = process.env["POLYPROC_PYTHON"];
  const ours: Record<string, RuntimeCommand> = {
    node: { command: process.execPath, args: [nodeHost], env: asNode, execArgv: nodeOptions },
    python: { command: ownPython ?? "python3", args: [process.env["POLYPROC_PYTHON_HOST"] ?? pythonHost] },
  };
  const runtimes = { ...ours };
  for (const [name, { command, args, env }] of Object.entries(configured)) {
    const isKept = name === "python" && ownPython !== undefined;
    runtimes[name] = {
      ...(isKept ? ours[name]! : { command, args: args ?? ours[name]?.args ?? [] }),
      env: { ...ours[name]?.env, ...env },
      ...(name === "node" ? { execArgv: nodeOptions } : {}),
    };
  }
  for (const [name, [command, ...args]] of Object.entries(named)) {
    runtimes[name] = { ...runtimes[name], command: command!, args: args.length > 0 ? args : (ours[name]?.args ?? []) };
  }
  return runtimes;
}

/** Whether the runtime `python` was given its interpreter: by the configuration, --runtime, or a Python program. */
export function isPythonChosen(
  configured: Record<string, RuntimeConfiguration>,
  named: Record<string, string[]>,
): boolean {
  return process.env["POLYPROC_PYTHON"] !== undefined || "python" in configured || "python" in named;
}

/** File ending -> runtime, of those that the configuration names. */
export function runtimeEndings(configured: Record<string, RuntimeConfiguration>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(configured).flatMap(([name, { endings = [] }]) => endings.map((ending) => [ending, name])),
  );
}
