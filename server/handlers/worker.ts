import * as workers from "../../protocol/worker.js";
import { HostRecord } from "../engine/processes/host.js";
import type { Session } from "../engine/session.js";
import { receive, type Handler } from "./handler.js";

/** `Connection` accepts worker messages only from worker hosts, so the session always has a host. */
function hostOf(session: Session): HostRecord {
  return HostRecord.of(session)!;
}

export const workerHandlers: readonly Handler[] = [
  receive(workers.part, ({ session }, params) => hostOf(session).part(params)),
  receive(workers.result, ({ session }, params) => hostOf(session).result(params)),
  // The frame door has read the report channel by then.
  receive(workers.wrote, () => {}),
  receive(workers.initialized, ({ session }, params) => hostOf(session).initialized(params)),
  receive(workers.report, ({ session }, params) => hostOf(session).report(params)),
  receive(workers.hidesStack, ({ session }, { reason }) => hostOf(session).hidesStack(reason)),
  receive(workers.output, ({ engine, session }, params) =>
    engine.output.feed(hostOf(session).process, params.stream, params.data),
  ),
];
