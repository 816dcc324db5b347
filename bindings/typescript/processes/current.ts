import type { Handle } from "../../../protocol/schema.js";
import { PolyprocError } from "../../../protocol/errors.js";
import { hostLink } from "../host/link.js";

/** What a process knows of itself, or of its parent. */
export interface ProcessIdentity {
  /** `MainProcess` for the script itself. */
  readonly name: string;
  readonly pid: number;
  /** The pid, by Python's other name. */
  readonly ident: number;
}

export interface CurrentProcess extends ProcessIdentity {
  /** A daemonic process ends with its parent, and may not have children. */
  readonly daemon: boolean;
  /** Null for the script itself. */
  readonly handle: Handle | null;
}

/** The process that calls. */
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
 * Fails when this process only loads the module of its function: a module that starts processes while it is loaded
 * would do so in each of its children, and in theirs.
 */
export function refuseWhileLoading(what: string): void {
  const host = hostLink();
  if (!host || host.task()) return;
  throw new PolyprocError("BadState", `${what} while a worker process loads the module of its function: put what starts processes inside of \`if (isMain(import.meta)) { … }\`, so that only the script itself does it`);
}
