import * as v from "valibot";
import { notification, request } from "./message.js";
import { cast, count, handle, none, payload, timeoutMs } from "./schema.js";

const end = () => handle("pipe");

export const create = request("pipe/create", {
  doc:
    "Makes a pipe with two ends. If it is duplex (the default), both ends send and receive. Otherwise `first` only " +
    "receives and `second` only sends, as with Python's `Pipe(duplex=False)`.",
  params: v.strictObject({ first: end(), second: end(), duplex: v.optional(v.boolean()) }),
  result: none(),
});

export const send = request("pipe/send", {
  doc:
    "Sends one item to the other end. Waits while the pipe is full. Items of one session keep their order. " +
    "`cast`: the sender does not wait for the answer. The server may then send the answer some 10 ms later, " +
    "together with others. If the session ends or closes this end while the item of a `cast` waits for space, the " +
    "item is stored all the same. `channel`: the session could send this item through a channel (see " +
    "[Channels](#channels)).",
  params: v.strictObject({
    end: end(),
    item: payload(),
    timeoutMs: timeoutMs(),
    cast: cast(),
    channel: v.optional(v.boolean()),
  }),
  result: none(),
  errors: ["BrokenPipe", "Full", "Closed", "BadState", "Overloaded"],
});

export const recv = request("pipe/recv", {
  doc:
    "Waits for an item and takes it. Fails with EndOfFile if no item is left and no session holds the other end, " +
    "however its last holder ended.",
  params: v.strictObject({ end: end(), timeoutMs: timeoutMs() }),
  result: v.strictObject({
    item: payload(),
    /** For a session with `blobs: "own"`, if the item is foreign: its origin. Otherwise absent. */
    origin: v.optional(v.string()),
  }),
  errors: ["EndOfFile", "TimedOut", "Closed", "BadState"],
});

export const poll = request("pipe/poll", {
  doc:
    "Waits up to `timeoutMs` (absent: without limit) until `pipe/recv` would not block. `ready` is true at the end " +
    "of file, too.",
  params: v.strictObject({ end: end(), timeoutMs: timeoutMs() }),
  result: v.strictObject({ ready: v.boolean() }),
  errors: ["Closed", "BadState"],
});

export const close = request("pipe/close", {
  doc: "Drops this session's reference to the end. If it was the last one, the other end gets EndOfFile.",
  params: v.strictObject({ end: end() }),
  result: none(),
});

export const status = request("pipe/status", {
  doc: "Items and bytes that can be received at this end, and whether a session holds the other end.",
  params: v.strictObject({ end: end() }),
  result: v.strictObject({
    readable: v.boolean(),
    writable: v.boolean(),
    items: count(),
    bytes: count(),
    peerOpen: v.boolean(),
  }),
});

export const wait = request("pipe/wait", {
  doc:
    "Python's `connection.wait`: waits until `pipe/recv` at one of the pipe ends would not block, or one of the " +
    "processes has exited. `ready` names these ends and processes. It is empty if `timeoutMs` passed first.",
  params: v.strictObject({ handles: v.array(handle("pipe", "process")), timeoutMs: timeoutMs() }),
  result: v.strictObject({ ready: v.array(handle("pipe", "process")) }),
  errors: ["BadState"],
});

export const follow = request("pipe/follow", {
  doc:
    "`pipe/recv` (with `take` false: `pipe/poll`) for a session that can read channels. [Channels](#channels) has " +
    "the order of events. The answer has `item` (or `ready`), or `channel`. If `channel` names a channel, the next " +
    "items are in it: open `path`, read there, and when it is empty ask again with the number of the channel as " +
    "`channel`. The server answers that request when it has something else to say. A request without that number is " +
    "answered with the channel again. If `channel` is null, the writer has left: read the rest of the channel, send " +
    "`pipe/left`, and ask again.",
  params: v.strictObject({
    end: end(),
    timeoutMs: timeoutMs(),
    take: v.optional(v.boolean()),
    channel: v.optional(count(1)),
  }),
  result: v.strictObject({
    item: v.optional(payload()),
    origin: v.optional(v.string()),
    ready: v.optional(v.boolean()),
    channel: v.optional(v.nullable(v.strictObject({ channel: count(1), path: v.string(), inode: v.string() }))),
  }),
  errors: ["EndOfFile", "TimedOut", "Closed", "BadState"],
});

export const channel = notification("pipe/channel", {
  doc:
    "With `path`: the server offers the writer at `end` a channel. To accept, open it and send `pipe/entered`; to " +
    "decline, do nothing. Offered to a session that sends with `channel: true` to one that uses `pipe/follow`. " +
    "Without `path`: the server asks its receiver, the writer or the reader, to leave the channel. It stops using " +
    "the channel and sends `pipe/left`, a writer also if it has not entered. [Channels](#channels) has the order of " +
    "events and the format of the bytes.",
  direction: "serverToClient",
  params: v.strictObject({
    end: end(),
    channel: count(1),
    path: v.nullable(v.string()),
    inode: v.optional(v.string()),
  }),
});

export const entered = notification("pipe/entered", {
  doc: "The writer enters the channel: what this session sends through `end` from now on is in the channel.",
  direction: "clientToServer",
  params: v.strictObject({ end: end(), channel: count(1) }),
});

export const left = notification("pipe/left", {
  doc:
    "This session, the writer or the reader of the channel at `end`, leaves it. `begun`: what the reader has read " +
    "of an item whose last part it has not read. These bytes belong before what is in the channel. " +
    "[Channels](#channels) says when to leave.",
  direction: "clientToServer",
  params: v.strictObject({ end: end(), channel: count(1), begun: v.optional(v.instance(Uint8Array)) }),
});
