/** Python's multiprocessing for TypeScript and JavaScript. */
import { defaultConnection } from "./default-connection.js";
import { offerCodec } from "./host/host-codec.js";
import { setOutputMode, type OutputMode } from "./output.js";

export { activeChildren } from "./active-children.js";
export { Barrier, type BarrierAction, type BarrierOptions } from "./barrier.js";
export { Client, connect, type ConnectOptions } from "./client.js";
export { OpaqueBlob } from "./codec.js";
export { Condition } from "./condition.js";
export { cpuCount } from "./cpu-count.js";
export { currentProcess, parentProcess, type CurrentProcess, type ProcessIdentity } from "./current.js";
export {
  BrokenBarrier, BrokenPipe, Cancelled, Closed, Deadlock, Empty, EndOfFile, Full, PolyprocError, SpawnFailed, TargetNotFound, TimedOut, UntrustedBlob,
} from "./errors.js";
export { Event } from "./event.js";
export type { Guard } from "./guard.js";
export { currentTask, type CurrentTask } from "./host/current-task.js";
export { Lock, type LockStatus } from "./lock.js";
export { isMain } from "./main-module.js";
export type { OutputLine, OutputMode } from "./output.js";
export { Pipe, PipeEnd } from "./pipe.js";
export * from "./pool.js";
export { Process, type ProcessOptions } from "./process.js";
export { registerProcess } from "./process-class.js";
export { JoinableQueue, Queue, type QueueOptions } from "./queue.js";
export { RLock, type RLockStatus } from "./rlock.js";
export { BoundedSemaphore, Semaphore } from "./semaphore.js";
export type { NameOptions } from "./shared-object.js";
export { SimpleQueue } from "./simple-queue.js";
export {
  command, task,
  type Command, type CommandOptions, type CommandResult, type CommandTarget, type ModuleTarget, type Runnable, type RunnableClass, type SourceTarget, type Task,
} from "./target.js";
export { wait, type Waitable } from "./wait.js";
export type { AcquireOptions, Timeout, WaitOptions } from "./wait-options.js";

offerCodec();

/**
 * What becomes of what children write to their standard output and error. Default with a private server: `inherit`, copied to this
 * process's own, in whole lines, all of it before `join` resolves.
 */
export function setOutput(mode: OutputMode): void {
  setOutputMode(defaultConnection(), mode);
}

/**
 * Ends the session of this script now, rather than at its end: daemonic children are ended, the others waited for, and a private server
 * with them. What is made later begins another one.
 */
export function shutdown(): Promise<void> {
  return defaultConnection().close();
}
