import type { Handle } from "../../../protocol/schema.js";
import { PolyprocError } from "../../../protocol/errors.js";
import { hostLink } from "../host/link.js";

/** Identity of this process, or of its parent. */
export interface ProcessIdentity {
  /** The process's name; `MainProcess` for the script itself. */
  readonly name: string;
  readonly pid: number;
  /** The pid, under Python's other name. */
  readonly ident: number;
}

export interface CurrentProcess extends ProcessIdentity {
  /** Whether the process is daemonic: it ends with its parent, and may not have children. */
  readonly daemon: boolean;
  /** Handle of the process; null for the script itself. */
  readonly handle: Handle | null;
}

/** The calling process. */
export function currentProcess(): CurrentProcess {
  const identity = hostLink()?.identity();
  return {
    name: identity?.name ?? "MainProcess",
    pid: process.pid,
    ident: process.pid,
    daemon: identity?.daemon ?? false,
    handle: identity?.process ?? null,
  };
}

/** The process that started this one; null for the script itself. */
export function parentProcess(): ProcessIdentity | null {
  const identity = hostLink()?.identity();
  return identity ? { name: identity.parentName, pid: identity.parentPid, ident: identity.parentPid } : null;
}

/**
 * Throws BadState while this process loads the module of its function. A module that starts processes when it is loaded
 * would do so in each child, and in their children.
 */
export function refuseWhileLoading(what: string): void {
  const host = hostLink();
  if (!host || host.task()) return;
  throw new PolyprocError(
    "BadState",
    `${what} while a worker process loads the module of its function: put what starts processes inside of ` +
      "`if (isMain(import.meta)) { … }`, so that only the script itself does it",
  );
}
