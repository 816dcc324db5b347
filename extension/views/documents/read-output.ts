import { PolyprocError } from "../../../protocol/errors.js";
import type { OutputLine, ProcessInfo } from "../../../protocol/process.js";
import type { Rpc } from "../../connection/rpc.js";
import type { Model } from "../../model/model.js";
import { commandItem } from "../names.js";

export interface ReadOutput {
  lines: OutputLine[];
  dropped: number;
  /** All lines of a process that the server has forgotten. They replace the lines that were read before. */
  final: boolean;
}

/** The output of the process from a line on. Null if the process was forgotten, or its server has ended. */
export async function readOutput(
  rpc: Rpc,
  process: ProcessInfo,
  fromLine: number,
  pools: Model["pools"],
): Promise<ReadOutput | null> {
  try {
    return { ...(await rpc.request("process/output", { process: process.process, fromLine })), final: false };
  } catch (error) {
    if (!isUnknown(error)) throw error;
  }
  // A command of a run is forgotten when it has ended, but the run keeps what its items wrote.
  const index = commandItem(process);
  const run = process.pool === null ? null : (pools.get(process.pool)?.run ?? null);
  if (index === null || run === null) return null;
  return readItemOutput(rpc, process, run, index);
}

/** The output of the item that the process ran, which the run keeps. Null if the run was forgotten. */
export async function readItemOutput(
  rpc: Rpc,
  process: ProcessInfo,
  run: string,
  index: number,
): Promise<ReadOutput | null> {
  try {
    const { lines, dropped } = await rpc.request("run/output", { run, index });
    const { process: handle, pid } = process;
    return {
      lines: lines.map(({ stream, text }, i) => ({
        process: handle,
        pid: pid ?? 0,
        stream,
        line: dropped + i,
        text,
        partial: false,
        task: null,
      })),
      dropped,
      final: true,
    };
  } catch (error) {
    if (isUnknown(error)) return null;
    throw error;
  }
}

export function isUnknown(error: unknown): boolean {
  return error instanceof PolyprocError && error.codeName === "UnknownHandle";
}
