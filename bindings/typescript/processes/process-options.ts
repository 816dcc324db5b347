import type { StandardStream } from "../../../protocol/process.js";
import {
  aDuration,
  aFlag,
  aList,
  anObject,
  anything,
  aSignal,
  aText,
  oneOf,
  type OptionTable,
} from "../session/options.js";
import { surroundingsOptions, type SurroundingsOptions } from "./surroundings.js";
import type { AnyArguments, Runnable } from "./target.js";

export interface ProcessOptions<A extends AnyArguments = AnyArguments> extends SurroundingsOptions {
  /** What the process runs. A subclass overrides `run` and needs no target. */
  target?: Runnable<A> | null | undefined;
  /** Name for lists and messages. Default: `Process-1`, or `Class-1` for a subclass. */
  name?: string | undefined;
  /** The target's arguments. A command receives them after its own. Default: none. */
  args?: A | undefined;
  /**
   * Keyword arguments of a Python function. A JavaScript function receives them, if not empty, as its last argument.
   */
  kwargs?: Record<string, unknown> | undefined;
  /**
   * A daemonic process ends with its parent, and may not have children. Default: that of the process that creates it.
   */
  daemon?: boolean | undefined;
  /**
   * When a process that is not daemonic must end.
   *
   * Default: it outlives a parent process that dies, but ends with the script at the root of the process tree, however
   * that ends (SIGTERM; SIGKILL one second later). `end`: it also ends when its parent process dies. `continue`: it
   * outlives the script, too, and then has no standard streams.
   */
  onParentDeath?: "end" | "continue" | undefined;
  /**
   * When it fires, the process and its descendants get SIGTERM, and a second later SIGKILL; `join` resolves as always.
   * A process that was not started yet never is: `start` rejects with Cancelled. Default: none.
   */
  signal?: AbortSignal | undefined;
  /** Only for a command. "pipe": the script writes its standard input, as `stdin`. Default: the input is empty. */
  stdin?: "pipe" | undefined;
  /** Only for a command. "pipe": the script reads its standard output, as `stdout`. Default: as `setOutput` says. */
  stdout?: "pipe" | undefined;
  /** Only for a command. "pipe": the script reads its standard error, as `stderr`. Default: as `setOutput` says. */
  stderr?: "pipe" | undefined;
}

export const processOptions: OptionTable<ProcessOptions> = {
  target: anything,
  name: aText,
  args: aList,
  kwargs: anObject,
  daemon: aFlag,
  onParentDeath: oneOf("end", "continue"),
  signal: aSignal,
  stdin: oneOf("pipe"),
  stdout: oneOf("pipe"),
  stderr: oneOf("pipe"),
  ...surroundingsOptions,
};

export interface TerminateOptions {
  /** Milliseconds between SIGTERM and SIGKILL. Default: SIGKILL is not sent. */
  graceMs?: number | undefined;
}

export const terminateOptions: OptionTable<TerminateOptions> = { graceMs: aDuration };

/** The streams that the script reads and writes. */
export function streamNames(options: ProcessOptions): StandardStream[] {
  return (["stdin", "stdout", "stderr"] as const).filter((name) => options[name] !== undefined);
}
