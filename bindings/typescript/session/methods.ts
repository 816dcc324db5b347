import type { NotificationMessage, Params, RequestMessage, Result } from "../../../protocol/message.js";
import type { areas } from "../../../protocol/methods.js";

/** Types only. The binding names messages by their method, so a worker host, which must start fast, loads no schema. */
type Areas = typeof areas;
type Member = { [A in keyof Areas]: Areas[A][keyof Areas[A]] }[keyof Areas];
type Requests = { [M in Extract<Member, RequestMessage> as M["method"]]: M };
type Notifications = { [M in Extract<Member, NotificationMessage> as M["method"]]: M };

/** Every request of the protocol, by name. */
export type RequestName = keyof Requests;
/** Every notification of the protocol, by name. */
export type NotificationName = keyof Notifications;
export type RequestParams<M extends RequestName> = Params<Requests[M]>;
export type RequestResult<M extends RequestName> = Result<Requests[M]>;
export type NotificationParams<M extends NotificationName> = Params<Notifications[M]>;
