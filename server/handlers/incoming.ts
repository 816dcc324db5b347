import { PolyprocError } from "../../protocol/errors.js";
import type { RequestId } from "./connection.js";
import { quote } from "./issues.js";

/** A message of a peer, classified by JSON-RPC's rules. */
export type Incoming =
  | { kind: "request"; id: RequestId; method: string; params: unknown }
  | { kind: "notification"; method: string; params: unknown }
  /** Ignored: the server sends no requests. */
  | { kind: "response" }
  /** `id`: null if it is missing or invalid. `fatal`: the peer does not speak JSON-RPC, so the connection ends. */
  | { kind: "invalid"; id: RequestId | null; error: PolyprocError; fatal: boolean };

/** Classifies a decoded message. Members that JSON-RPC does not define are ignored. */
export function sortIncoming(message: unknown): Incoming {
  if (Array.isArray(message)) {
    return notJsonRpc("batches (an array of messages) are not supported: send the messages one by one");
  }
  if (typeof message !== "object" || message === null || message instanceof Uint8Array) {
    return notJsonRpc(`expected a JSON-RPC message, {"id", "method", "params"}, got ${quote(message)}`);
  }
  const { id, method, params } = message as { id?: unknown; method?: unknown; params?: unknown };
  if (typeof method === "string") {
    if (id === undefined) return { kind: "notification", method, params };
    if (isRequestId(id)) return { kind: "request", id, method, params };
    return {
      kind: "invalid",
      id: null,
      error: new PolyprocError(
        "InvalidRequest",
        `id: expected a string of up to ${maxIdLength} characters or a finite number, got ${quote(id)}`,
      ),
      fatal: false,
    };
  }
  if (method === undefined && ("result" in message || "error" in message)) return { kind: "response" };
  const what = method === undefined ? `"method" is missing` : `method: expected a string, got ${quote(method)}`;
  return {
    kind: "invalid",
    id: isRequestId(id) ? id : null,
    error: new PolyprocError("InvalidRequest", what),
    fatal: false,
  };
}

const maxIdLength = 1000;

function isRequestId(id: unknown): id is RequestId {
  return (typeof id === "number" && Number.isFinite(id)) || (typeof id === "string" && id.length <= maxIdLength);
}

function notJsonRpc(what: string): Incoming {
  return { kind: "invalid", id: null, error: new PolyprocError("Malformed", what), fatal: true };
}
