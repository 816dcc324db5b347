import { notification, request } from "./message.js";
import { anyHandle, none } from "./schema.js";
import * as v from "valibot";

/**
 * Handles are references. A session gets one when it creates an object, or receives its handle inside a payload. It
 * keeps the reference until it releases it or ends. An object lives while a session or a payload in flight refers to
 * it.
 */
export const release = notification("handle/release", {
  doc:
    "Drops this session's references, one for each time that a handle is listed. When the last reference goes, a " +
    "pipe's end is closed, a queue forgets its items, the server lets go of memory, what is left of a job is " +
    "cancelled, and a pool is terminated. A running process is not ended: it stays its session's child until it " +
    "exits. Handles that the session does not hold are ignored.",
  direction: "clientToServer",
  params: v.strictObject({ handles: v.array(anyHandle()) }),
});

export const exists = request("handle/exists", {
  doc: "Whether the object exists. Does not make it.",
  params: v.strictObject({ handle: anyHandle() }),
  result: v.strictObject({ exists: v.boolean() }),
});

export const retain = request("handle/retain", {
  doc: "Takes a reference to an existing object, for example by its name. Fails with UnknownHandle if there is none.",
  params: v.strictObject({ handle: anyHandle() }),
  result: none(),
  errors: ["UnknownHandle"],
});
