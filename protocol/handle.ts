import { notification, request } from "./message.js";
import { anyHandle, none } from "./schema.js";
import * as v from "valibot";

/**
 * Handles are references. A session holds one from creating the object, or from receiving it inside a payload, until it
 * releases it or ends. An object lives while a session or a payload in flight refers to it.
 */
export const release = notification("handle/release", {
  doc: "Drops this session's references, one for each time that a handle is listed. The last reference to a pipe's end closes it; to a queue, forgets its items; to a job, cancels what is left of it; to a pool, terminates it. A running process is not ended: it is its session's child until it exits. Handles that the session does not hold are ignored.",
  direction: "clientToServer",
  params: v.strictObject({ handles: v.array(anyHandle()) }),
});

export const exists = request("handle/exists", {
  doc: "Whether the server knows the object, without making it.",
  params: v.strictObject({ handle: anyHandle() }),
  result: v.strictObject({ exists: v.boolean() }),
});

export const retain = request("handle/retain", {
  doc: "Takes a reference to an existing object, by its name for example. Fails with UnknownHandle when there is none.",
  params: v.strictObject({ handle: anyHandle() }),
  result: none(),
  errors: ["UnknownHandle"],
});
