import * as v from "valibot";
import { request } from "./message.js";
import { count, handle, none, payload, timeoutMs } from "./schema.js";

const end = () => handle("pipe");

export const create = request("pipe/create", {
  doc: "Makes a pipe with two ends. Duplex (the default): both send and receive. Otherwise `first` only receives and `second` only sends, as Python's `Pipe(duplex=False)`.",
  params: v.strictObject({ first: end(), second: end(), duplex: v.optional(v.boolean()) }),
  result: none(),
});

export const send = request("pipe/send", {
  doc: "Sends one item to the other end, waiting while the pipe is full of unread bytes. Sends of one session keep their order. `early`: the sender goes on without the answer. Then the answer may come some 10 ms late, with others; and when the session ends or closes this end while the item waits for room, the item is stored all the same.",
  params: v.strictObject({ end: end(), item: payload(), timeoutMs: timeoutMs(), early: v.optional(v.boolean()) }),
  result: none(),
  errors: ["BrokenPipe", "Full", "Closed", "BadState", "Overloaded"],
});

export const recv = request("pipe/recv", {
  doc: "Waits for an item and takes it. EndOfFile once nobody holds the other end and nothing is left, however its last holder ended.",
  params: v.strictObject({ end: end(), timeoutMs: timeoutMs() }),
  result: v.strictObject({ item: payload() }),
  errors: ["EndOfFile", "TimedOut", "Closed", "BadState"],
});

export const poll = request("pipe/poll", {
  doc: "Whether `recv` would not block, waiting up to `timeoutMs` for that (absent: no limit). True at the end of file, too.",
  params: v.strictObject({ end: end(), timeoutMs: timeoutMs() }),
  result: v.strictObject({ ready: v.boolean() }),
  errors: ["Closed", "BadState"],
});

export const close = request("pipe/close", {
  doc: "Drops this session's reference to the end. The other end sees the end of file when this was the last.",
  params: v.strictObject({ end: end() }),
  result: none(),
});

export const status = request("pipe/status", {
  doc: "Items and bytes that wait to be read at this end, and whether the other end still has a holder.",
  params: v.strictObject({ end: end() }),
  result: v.strictObject({ readable: v.boolean(), writable: v.boolean(), items: count(), bytes: count(), peerOpen: v.boolean() }),
});

/** A source of readiness for `connection/wait`. */
export const wait = request("pipe/wait", {
  doc: "Python's `connection.wait`: waits until one of the pipe ends can be read or one of the processes has exited, and says which. An empty list means that `timeoutMs` passed.",
  params: v.strictObject({ handles: v.array(handle("pipe", "process")), timeoutMs: timeoutMs() }),
  result: v.strictObject({ ready: v.array(handle("pipe", "process")) }),
  errors: ["BadState"],
});
