import type { PolyprocError } from "../../protocol/errors.js";
import type { ChildEvents, Host } from "../engine/processes/spawner.js";

/** A child that the server refuses to start. It fails in the next tick, like a child that could not be started. */
export function refusedChild(error: PolyprocError, events: ChildEvents): Host {
  process.nextTick(() => events.failed(error));
  return {
    pid: null,
    tasks: null,
    reports: null,
    signalTree() {},
    suspend() {},
    killIn() {},
    pauseOutput() {},
    resumeOutput() {},
    readStack: () => Promise.reject(new Error("it was never started")),
  };
}
