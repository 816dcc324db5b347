import type * as v from "valibot";
import type { NotificationMessage, RequestMessage } from "../../protocol/message.js";
import type { Engine } from "../engine/engine.js";
import type { Session } from "../engine/session.js";
import type { Wait } from "../engine/wait.js";

/** What handlers use besides the engine: facts about the server process, and ways to stop it. */
export interface ServerFacts {
  version: string;
  pid: number;
  startedAt: number;
  addresses(): string[];
  /** The meta-model and the JSON Schema of the protocol. */
  protocol(): Promise<{ metaModel: Record<string, unknown>; schema: Record<string, unknown> }>;
  memory(): { rssBytes: number; heapUsedBytes: number };
  stop(): void;
  /** Ends the server once no client has been connected for `ms` milliseconds. Null withdraws that. */
  stopWhenAlone(ms: number | null): void;
}

export interface Context {
  engine: Engine;
  session: Session;
  server: ServerFacts;
}

/** The answer null to a cast: its sender does not wait, so it may be sent with the next message. */
export const castAnswer = Symbol("null, with the next message");

type Answer<R extends v.GenericSchema> =
  | typeof castAnswer
  | v.InferInput<R>
  | Wait<v.InferInput<R>>
  | Promise<v.InferInput<R>>;

/** A message and its handler. Parameters are validated before the call. Errors are thrown as PolyprocError. */
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
