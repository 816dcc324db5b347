import * as v from "valibot";
import { request } from "./message.js";
import { count, handle, none, timeoutMs } from "./schema.js";

const params = () => v.strictObject({ event: handle("event") });

export const create = request("event/create", {
  doc: "Makes an event whose flag is not set. If an event of this name exists, takes a reference to it instead.",
  params: params(),
  result: none(),
});

export const set = request("event/set", {
  doc: "Sets the flag and wakes all waiters.",
  params: params(),
  result: none(),
});

export const clear = request("event/clear", { doc: "Clears the flag.", params: params(), result: none() });

export const wait = request("event/wait", {
  doc: "Waits until the flag is set. `set` is false if `timeoutMs` passed first.",
  params: v.strictObject({ event: handle("event"), timeoutMs: timeoutMs() }),
  result: v.strictObject({ set: v.boolean() }),
});

export const status = request("event/status", {
  doc: "Whether the flag is set, and the number of waiters.",
  params: params(),
  result: v.strictObject({ set: v.boolean(), waiters: count() }),
});
