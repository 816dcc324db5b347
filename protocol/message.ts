import type * as v from "valibot";
import type { ErrorName } from "./errors.js";

/**
 * Which side sends a message.
 * - `clientToServer`: every session, also a worker host's.
 * - `serverToClient`: the server, to a session.
 * - `workerToServer` / `serverToWorker`: only on the connection of a worker host.
 */
export type Direction = "clientToServer" | "serverToClient" | "workerToServer" | "serverToWorker";

type Schema = v.GenericSchema;

/** A request: it has an `id` and is answered once, with `result` or with one of `errors`. */
export interface RequestMessage<P extends Schema = Schema, R extends Schema = Schema, N extends string = string> {
  readonly kind: "request";
  readonly method: N;
  readonly direction: Direction;
  /** One paragraph for SPEC.md: what it does, what it waits for, when it fails. */
  readonly doc: string;
  /** The first version of the protocol that has this message. */
  readonly since: string;
  readonly params: P;
  readonly result: R;
  /** Errors of this request. Every request may also fail with those of `generalErrors`. */
  readonly errors: readonly ErrorName[];
}

/** A notification: it has no `id` and is never answered. */
export interface NotificationMessage<P extends Schema = Schema, N extends string = string> {
  readonly kind: "notification";
  readonly method: N;
  readonly direction: Direction;
  readonly doc: string;
  readonly since: string;
  readonly params: P;
}

export type Message = RequestMessage | NotificationMessage;

/** What a caller passes. */
export type Params<M extends Message> = v.InferInput<M["params"]>;
/** What a caller gets back. */
export type Result<M extends RequestMessage> = v.InferOutput<M["result"]>;

export function request<N extends string, P extends Schema, R extends Schema>(
  method: N,
  declaration: {
    doc: string;
    params: P;
    result: R;
    errors?: readonly ErrorName[];
    direction?: Direction;
    since?: string;
  },
): RequestMessage<P, R, N> {
  return { kind: "request", direction: "clientToServer", since: "1.0", errors: [], ...declaration, method };
}

export function notification<N extends string, P extends Schema>(
  method: N,
  declaration: { doc: string; params: P; direction: Direction; since?: string },
): NotificationMessage<P, N> {
  return { kind: "notification", since: "1.0", ...declaration, method };
}
