import type { PolyprocError } from "../../protocol/errors.js";
import type { ChildEvents, Host } from "../engine/processes/spawner.js";

/** A child that is never started: like any other that could not be, it fails a moment later. */
export function refusedChild(error: PolyprocError, events: ChildEvents): Host {
  process.nextTick(() => events.failed(error));
  return { pid: null, claims: null, aside: null, signalTree() {}, pauseOutput() {}, resumeOutput() {} };
}
