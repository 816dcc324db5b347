/** Python's multiprocessing for TypeScript and JavaScript. */
import "./session/own-url.js";
import { defaultConnection } from "./session/default-connection.js";
import { offerCodec } from "./host/host-codec.js";
import { setOutputMode, type OutputMode } from "./session/output.js";

export { activeChildren } from "./processes/active-children.js";
export { Barrier, type BarrierAction, type BarrierOptions } from "./sync/barrier.js";
export { Client, connect, type ConnectOptions } from "./client.js";
export { OpaqueBlob } from "./session/codec.js";
export { Condition } from "./sync/condition.js";
export { cpuCount } from "./cpu-count.js";
export { currentProcess, parentProcess, type CurrentProcess, type ProcessIdentity } from "./processes/current.js";
export {
  BrokenBarrier,
  BrokenPipe,
  Cancelled,
  Closed,
  Deadlock,
  Empty,
  EndOfFile,
  Full,
  PolyprocError,
  SpawnFailed,
  TargetNotFound,
  TimedOut,
  UntrustedBlob,
} from "./session/errors.js";
export { Event } from "./sync/event.js";
export type { Guard } from "./sync/guard.js";
export { currentTask, type CurrentTask } from "./host/current-task.js";
export { Lock, type LockStatus } from "./sync/lock.js";
export { isMain } from "./processes/main-module.js";
export type { OutputLine, OutputMode } from "./session/output.js";
export { Pipe, PipeEnd } from "./streams/pipe.js";
export * from "./pools/pool.js";
export type { ModuleRef } from "./processes/module-ref.js";
export { Process } from "./processes/process.js";
export type { ProcessOptions } from "./processes/process-options.js";
export type { ResourceLimits, SurroundingsOptions } from "./processes/surroundings.js";
export { registerProcess } from "./processes/register-process.js";
export { JoinableQueue, Queue, type QueueOptions } from "./streams/queue.js";
export { RLock, type RLockStatus } from "./sync/rlock.js";
export type { ArrayOf, ElementOf, ElementType } from "./memory/elements.js";
export { SharedArray, Value } from "./memory/shared-array.js";
export { SharedMemory, type SharedMemoryOptions } from "./memory/shared-memory.js";
export { BoundedSemaphore, Semaphore } from "./sync/semaphore.js";
export type { ClusterNameOptions, NameOptions } from "./session/shared-object.js";
export { SimpleQueue } from "./streams/simple-queue.js";
export {
  command,
  task,
  type Command,
  type CommandOptions,
  type CommandResult,
  type CommandTarget,
  type ModuleTarget,
  type Runnable,
  type RunnableClass,
  type SourceTarget,
  type Task,
} from "./processes/target.js";
export { wait, type Waitable } from "./streams/wait.js";
export type { AcquireOptions, Timeout, WaitOptions } from "./sync/wait-options.js";

offerCodec();

/**
 * Sets where the children's standard output and error go. Default with a private server: `inherit`. Whole lines are
 * copied to this process's own streams, all of them before `join` resolves.
 */
export function setOutput(mode: OutputMode): void {
  setOutputMode(defaultConnection(), mode);
}

/**
 * Ends the session of this script now: ends daemonic children, waits for the others, then ends a private server.
 * Objects that are created later begin a new session.
 */
export function shutdown(): Promise<void> {
  return defaultConnection().close();
}
