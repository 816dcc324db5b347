import * as v from "valibot";
import { request } from "./message.js";
import { count, handle, none, timeoutMs } from "./schema.js";

const params = () => v.strictObject({ event: handle("event") });

export const create = request("event/create", {
  doc: "Makes an event, unset, or takes a reference to the one that has this name.",
  params: params(),
  result: none(),
});

export const set = request("event/set", { doc: "Sets the flag and wakes everybody who waits.", params: params(), result: none() });

export const clear = request("event/clear", { doc: "Clears the flag.", params: params(), result: none() });

export const wait = request("event/wait", {
  doc: "Waits until the flag is set. `set` is false when `timeoutMs` passed.",
  params: v.strictObject({ event: handle("event"), timeoutMs: timeoutMs() }),
  result: v.strictObject({ set: v.boolean() }),
});

export const status = request("event/status", {
  doc: "Whether the flag is set, and how many wait.",
  params: params(),
  result: v.strictObject({ set: v.boolean(), waiters: count() }),
});
