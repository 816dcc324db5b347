import * as v from "valibot";
import { notification, request } from "./message.js";
import { count, early, handle, none, payload, timeoutMs } from "./schema.js";

const end = () => handle("pipe");

export const create = request("pipe/create", {
  doc: "Makes a pipe with two ends. Duplex (the default): both send and receive. Otherwise `first` only receives and `second` only sends, as Python's `Pipe(duplex=False)`.",
  params: v.strictObject({ first: end(), second: end(), duplex: v.optional(v.boolean()) }),
  result: none(),
});

export const send = request("pipe/send", {
  doc: "Sends one item to the other end, waiting while the pipe is full of unread bytes. Sends of one session keep their order. `early`: the sender goes on without the answer. Then the answer may come some 10 ms late, with others; and when the session ends or closes this end while the item waits for room, the item is stored all the same. `channel`: the item could have gone through a channel (see `pipe/channel`).",
  params: v.strictObject({ end: end(), item: payload(), timeoutMs: timeoutMs(), early: early(), channel: v.optional(v.boolean()) }),
  result: none(),
  errors: ["BrokenPipe", "Full", "Closed", "BadState", "Overloaded"],
});

export const recv = request("pipe/recv", {
  doc: "Waits for an item and takes it. EndOfFile once nobody holds the other end and nothing is left, however its last holder ended.",
  params: v.strictObject({ end: end(), timeoutMs: timeoutMs() }),
  result: v.strictObject({
    item: payload(),
    /** To a session with `blobs: "own"`, when the item is foreign: where it came from. */
    origin: v.optional(v.string()),
  }),
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

export const follow = request("pipe/follow", {
  doc: "`pipe/recv` (with `take` false: `pipe/poll`) for a session that can read channels (see `pipe/channel`): answered with `item` (`ready`), or first with `channel`. When that names one, the next items are in it: open `path`, read there, and ask again, with its number as `channel`, when it is empty; the answer comes when there is something else to tell. Asked without that number, the server tells of the channel again. When it is null, the writer has left: what is in the channel now is the rest. Take it, send `pipe/left`, and ask again. A session with `blobs: \"own\"` is never told of channels. A session that cannot open `path`, or finds something else there, sends `pipe/left` at once.",
  params: v.strictObject({ end: end(), timeoutMs: timeoutMs(), take: v.optional(v.boolean()), channel: v.optional(count(1)) }),
  result: v.strictObject({ item: v.optional(payload()), origin: v.optional(v.string()), ready: v.optional(v.boolean()), channel: v.optional(v.nullable(v.strictObject({ channel: count(1), path: v.string(), inode: v.string() }))) }),
  errors: ["EndOfFile", "TimedOut", "Closed", "BadState"],
});

export const channel = notification("pipe/channel", {
  doc: "With `path`, to a session that sends with `channel: true` to one that uses `pipe/follow`: what it sends through `end` may go past the server, through a channel, which both open. To accept, open `path`, make sure that it is a FIFO whose device and inode are `inode` (`DEVICE:INODE`, decimal: in another container the path may be somebody else's), send `pipe/entered`, and write what follows there; nothing need be done to decline. A channel is a FIFO whose writer sets O_DIRECT, so that each write of at most 4096 bytes is a packet that one read returns whole. A packet is one byte and a part of a payload's bytes: 0 a whole payload, 1 the first part of one, 2 a further part, 3 its last. Payloads with handles cannot go through it. Without `path`: leave. The writer, whether it has entered or not, and the reader each stop to use the channel and send `pipe/left`; it is asked when somebody else sends or receives at one of the ends. What was written is not lost: the server hands it on.",
  direction: "serverToClient",
  params: v.strictObject({ end: end(), channel: count(1), path: v.nullable(v.string()), inode: v.optional(v.string()) }),
});

export const entered = notification("pipe/entered", {
  doc: "What this session sends through `end` after this is in the channel.",
  direction: "clientToServer",
  params: v.strictObject({ end: end(), channel: count(1) }),
});

export const left = notification("pipe/left", {
  doc: "This session, its writer or reader at `end`, uses the channel no more. Either may leave at any time: the writer when the channel is full or an item does not fit, before it sends by `pipe/send` again; and both before they let go of their end. `begun`: the parts of an item that the reader has read without its last, which belong before what is in the channel.",
  direction: "clientToServer",
  params: v.strictObject({ end: end(), channel: count(1), begun: v.optional(v.instance(Uint8Array)) }),
});
