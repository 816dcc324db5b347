import type * as v from "valibot";
import type { NotificationMessage, RequestMessage } from "../../protocol/message.js";
import type { Engine } from "../engine/engine.js";
import type { Session } from "../engine/session.js";
import type { Wait } from "../engine/wait.js";

/** What handlers can reach besides the engine: facts of the server process, and its end. */
export interface ServerFacts {
  version: string;
  pid: number;
  startedAt: number;
  addresses(): string[];
  memory(): { rssBytes: number; heapUsedBytes: number };
  stop(): void;
  /** Ends the server once no client has been connected for so long; null takes that back. */
  stopWhenAlone(ms: number | null): void;
}

export interface Context {
  engine: Engine;
  session: Session;
  server: ServerFacts;
}

/** The answer null, which nobody waits for: it may travel with the next message. */
export const unhurriedNull = Symbol("null, in its own time");

type Answer<R extends v.GenericSchema> = typeof unhurriedNull | v.InferInput<R> | Wait<v.InferInput<R>> | Promise<v.InferInput<R>>;

/** One row of the table: a message and what answers it. Parameters have been validated; errors are thrown as PolyprocError. */
export type Handler = RequestHandler | NotificationHandler;

export interface RequestHandler {
  message: RequestMessage;
  handle(context: Context, params: never): unknown;
}

export interface NotificationHandler {
  message: NotificationMessage;
  handle(context: Context, params: never): void;
}

export function answer<P extends v.GenericSchema, R extends v.GenericSchema>(
  message: RequestMessage<P, R>,
  handle: (context: Context, params: v.InferOutput<P>) => Answer<R>,
): RequestHandler {
  return { message, handle };
}

export function receive<P extends v.GenericSchema>(
  message: NotificationMessage<P>,
  handle: (context: Context, params: v.InferOutput<P>) => void,
): NotificationHandler {
  return { message, handle };
}
