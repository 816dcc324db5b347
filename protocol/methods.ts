import type { Message, NotificationMessage, RequestMessage } from "./message.js";
import * as barrier from "./barrier.js";
import * as batch from "./batch.js";
import * as cluster from "./cluster.js";
import * as condition from "./condition.js";
import * as event from "./event.js";
import * as events from "./events.js";
import * as handle from "./handle.js";
import * as job from "./job.js";
import * as lifecycle from "./lifecycle.js";
import * as lock from "./lock.js";
import * as memory from "./memory.js";
import * as pipe from "./pipe.js";
import * as pool from "./pool.js";
import * as process from "./process.js";
import * as queue from "./queue.js";
import * as run from "./run.js";
import * as semaphore from "./semaphore.js";
import * as waits from "./waits.js";
import * as worker from "./worker.js";

/** Areas in the order of SPEC.md. */
export const areas = {
  lifecycle,
  handle,
  process,
  lock,
  semaphore,
  event,
  condition,
  barrier,
  queue,
  pipe,
  memory,
  pool,
  job,
  run,
  batch,
  cluster,
  events,
  waits,
  worker,
} as const;

function isMessage(value: unknown): value is Message {
  return typeof value === "object" && value !== null && "method" in value && "direction" in value;
}

/** Every message of the protocol, in the order of SPEC.md. */
export const messages: readonly Message[] = Object.values(areas).flatMap((area) =>
  Object.values(area).filter(isMessage),
);

export const messageByMethod: ReadonlyMap<string, Message> = new Map(
  messages.map((message) => [message.method, message]),
);

export function isRequest(message: Message): message is RequestMessage {
  return message.kind === "request";
}
export function isNotification(message: Message): message is NotificationMessage {
  return message.kind === "notification";
}
