import type { Identity } from "../../../protocol/worker.js";
import type { Session } from "../session.js";
import type { ProcessRecord } from "./process.js";

/** Who a process is, and its parent, the process of `parent`: told to its host with the first message. */
export function identityOf({ handle, name, daemon }: ProcessRecord, parent: Session): Identity {
  return {
    process: handle,
    name,
    daemon,
    parentPid: parent.process?.pid ?? parent.clientPid,
    parentName: parent.process?.name ?? "MainProcess",
  };
}
