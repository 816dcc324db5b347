/** For tools and bindings: every message with its schema, the errors, the value model. SPEC.md specifies them. */
export * from "./errors.js";
export * from "./message.js";
export * from "./methods.js";
export * from "./schema.js";
export * from "./target.js";
export { jsonToPayload, payloadToJson } from "./values.js";
export * from "./version.js";
export type { ProcessInfo, OutputLine, Usage } from "./process.js";
export type { PoolInfo } from "./pool.js";
export type { Mode, TaskInput, ResultEntry, Failure } from "./job.js";
export type { WorkerTask } from "./worker.js";
export type { DeadlockInfo, Event as StateEvent, Snapshot, SyncInfo, Topic } from "./events.js";
