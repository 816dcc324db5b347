import { resolve } from "node:path";
import { hostLink } from "../host/link.js";
import { aCount, aList, anObject, aText, checkOptions, type OptionTable } from "../session/options.js";
import { givenExecArgv, inheritedExecArgv } from "../session/exec-argv.js";

/** Limits of a worker's memory, as those of `node:worker_threads`. */
export interface ResourceLimits {
  /** Largest size of the heap of long-lived objects, in MiB. */
  maxOldGenerationSizeMb?: number | undefined;
  /** Largest size of the heap of new objects, in MiB. */
  maxYoungGenerationSizeMb?: number | undefined;
}

/** Where and how processes are started. */
export interface SurroundingsOptions {
  /** Working directory. Default: the server's; a private server has the script's. */
  cwd?: string | undefined;
  /** Changes to the environment; `null` removes a variable. */
  env?: Record<string, string | null> | undefined;
  /**
   * Options of Node, such as `["--import", "./hooks.mjs"]`. Default: those of this process (`process.execArgv`, without
   * those for it alone, such as `--eval`, `--watch`, `--inspect`). A list may open the inspector (`--inspect=0`), by an
   * option that this process does not have; other options for one program alone are left out. Processes of other
   * runtimes do not get them.
   */
  execArgv?: readonly string[] | undefined;
  /** Limits of the heap. A process that exceeds one ends, and its task fails with WorkerLost. Default: Node's own. */
  resourceLimits?: ResourceLimits | undefined;
}

export const surroundingsOptions: OptionTable<SurroundingsOptions> = {
  cwd: aText,
  env: anObject,
  execArgv: aList,
  resourceLimits: anObject,
};

const limitOptions: OptionTable<ResourceLimits> = {
  maxOldGenerationSizeMb: aCount(1),
  maxYoungGenerationSizeMb: aCount(1),
};

interface Surroundings {
  cwd?: string | undefined;
  env?: Record<string, string | null> | undefined;
  execArgv?: string[] | undefined;
}

/** The options as the wire has them. `call`: for the message of a wrong one. */
export function checkSurroundings(call: string, options: SurroundingsOptions): void {
  if (options.resourceLimits) checkOptions(`${call}: resourceLimits`, options.resourceLimits, limitOptions);
  for (const option of options.execArgv ?? [])
    if (typeof option !== "string" || option === "")
      throw new TypeError(`${call}: execArgv must be an array of strings`);
}

export function toSurroundings({ cwd, env, execArgv, resourceLimits }: SurroundingsOptions): Surroundings {
  const options = [
    ...(execArgv === undefined ? inheritedExecArgv() : givenExecArgv(execArgv)),
    ...limitsAsOptions(resourceLimits ?? {}),
  ];
  const nodeOptions = process.env["NODE_OPTIONS"];
  return {
    ...(cwd === undefined ? {} : { cwd: resolve(cwd) }),
    env: nodeOptions === undefined || hostLink() ? env : { NODE_OPTIONS: nodeOptions, ...env },
    execArgv: options.length === 0 && execArgv === undefined ? undefined : options,
  };
}

/** Those that the caller gave, and none of this process's own. */
export function givenSurroundings(options: SurroundingsOptions): Surroundings {
  const { cwd, env, execArgv, resourceLimits } = options;
  const isGiven = [cwd, env, execArgv, resourceLimits].some((option) => option !== undefined);
  return isGiven ? toSurroundings(options) : {};
}

/** V8 has three semi-spaces in its young generation. */
function limitsAsOptions({ maxOldGenerationSizeMb, maxYoungGenerationSizeMb }: ResourceLimits): string[] {
  return [
    ...(maxOldGenerationSizeMb === undefined ? [] : [`--max-old-space-size=${maxOldGenerationSizeMb}`]),
    ...(maxYoungGenerationSizeMb === undefined
      ? []
      : [`--max-semi-space-size=${Math.max(1, Math.floor(maxYoungGenerationSizeMb / 3))}`]),
  ];
}
