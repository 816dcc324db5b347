import * as workers from "../../protocol/worker.js";
import { HostRecord } from "../engine/processes/host.js";
import type { Session } from "../engine/session.js";
import { receive, type Handler } from "./handler.js";

/** The connection lets worker messages through only from worker hosts, so there is always one. */
function hostOf(session: Session): HostRecord {
  return HostRecord.of(session)!;
}

export const workerHandlers: readonly Handler[] = [
  receive(workers.part, ({ session }, params) => hostOf(session).part(params)),
  receive(workers.result, ({ session }, params) => hostOf(session).result(params)),
  // It was read before this.
  receive(workers.wrote, () => {}),
  receive(workers.initialized, ({ session }, params) => hostOf(session).initialized(params)),
  receive(workers.output, ({ engine, session }, params) => engine.output.feed(hostOf(session).process, params.stream, params.data)),
];
