import type { Run, RunRequest } from "../runs/run.js";

/** The extension that brings debugpy. */
export const pythonDebugger = "ms-python.debugpy";

export interface DebugAddress {
  port: number;
  /** The folder of debugpy, for workers of Python; null if it is not known. */
  debugpy: string | null;
}

/** How an item runs again under a debugger. */
export interface DebugPlan {
  language: "node" | "python";
  request(address: DebugAddress): RunRequest;
  /** The configuration with which the editor attaches to the worker. */
  configuration(address: DebugAddress): { type: string; request: string; name: string; [member: string]: unknown };
}

/**
 * The plan for one item of a run: the same function, item and environment, without other items, limits and retries.
 * Returns a text with the reason if the item cannot be debugged.
 */
export function debugPlan(run: Pick<Run, "id" | "request">, index: number): DebugPlan | string {
  const { request } = run;
  const { target } = request;
  const item = request.items[index];
  if (!item) return `${request.name} has no item ${index}.`;
  if ("command" in target)
    return "Only functions can be debugged item by item: this run runs a command. Start its program in the debugger.";
  if (!("module" in target)) return "Only functions of modules can be debugged: this one was given as text.";
  const language = /\.py$/i.test(target.module) ? "python" : "node";
  const name = `Debug ${item.label}`;
  return {
    language,
    request: ({ port, debugpy }) => ({
      ...request,
      name,
      recipe: undefined,
      first: request.first ?? run.id,
      items: [item],
      env: {
        ...request.env,
        POLYPROC_DEBUG: `127.0.0.1:${port}`,
        ...(debugpy === null ? {} : { POLYPROC_DEBUGPY: debugpy }),
      },
      options: { processes: 1, chunkSize: 1, retries: 0, timeoutMs: 0, where: "here", cache: false },
      origin: "command",
    }),
    configuration: ({ port }) =>
      language === "python"
        ? { type: "debugpy", request: "attach", name, listen: { host: "127.0.0.1", port }, justMyCode: true }
        : {
            type: "node",
            request: "attach",
            name,
            address: "127.0.0.1",
            port,
            continueOnAttach: true,
            autoAttachChildProcesses: false,
            timeout: 60_000,
            skipFiles: ["<node_internals>/**", "**/bindings/typescript/host/**"],
          },
  };
}

/** A later run of one of its items must not wait for a debugger, too. */
export function withoutDebugger(env: RunRequest["env"]): RunRequest["env"] {
  if (env?.["POLYPROC_DEBUG"] === undefined) return env;
  const { POLYPROC_DEBUG: _, POLYPROC_DEBUGPY: __, ...rest } = env;
  return Object.keys(rest).length === 0 ? undefined : rest;
}

/** The first failed item of the latest run of this function that has one. */
export function failedItemOf(
  runs: readonly Run[],
  module: string,
  exported: string,
): { run: string; index: number; label: string } | null {
  const run = runs.findLast(
    ({ request: { target } }) =>
      "module" in target && target.module === module && (target.export ?? "default") === exported,
  );
  const row = run?.rows.find(({ state }) => state === "failed");
  return run && row ? { run: run.id, index: row.index, label: row.label } : null;
}
