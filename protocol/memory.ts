import * as v from "valibot";
import { notification, request } from "./message.js";
import { count, handle, none } from "./schema.js";

const memory = () => handle("memory");
const block = () => handle("block");

/** Where a memory's file is. A process opens it there, and maps, reads or writes it. */
export const memoryPlace = v.strictObject({
  /** The file, which only processes of the server's machine and user can open. */
  path: v.string(),
  /** `DEVICE:INODE` of the file, in decimals. A file with other numbers is another file: it may not be used. */
  inode: v.string(),
  /** Size of the file. */
  bytes: count(1),
});

export const create = request("memory/create", {
  doc:
    "Makes shared memory, filled with zeros. If memory of this name exists, takes a reference to it instead; fails " +
    "with BadState if that has fewer bytes, or if `exclusive` is true. Fails with InvalidParams if `data` is longer " +
    "than `bytes`. The answer comes when every page of the memory exists, so a store into it cannot fail. Fails with " +
    "Overloaded if the machine or the server has no room.",
  params: v.strictObject({
    memory: memory(),
    bytes: count(1),
    /** Memory of this name may not exist. Default false. */
    exclusive: v.optional(v.boolean()),
    /**
     * The memory is for blocks: it must be in memory, not on a disk, and leave as much free. Default false: on a disk,
     * if there is no other room.
     */
    forBlocks: v.optional(v.boolean()),
    /**
     * What new memory begins with. Ignored if memory of this name exists. JSON messages cannot hold it. Default: zeros.
     */
    data: v.optional(v.instance(Uint8Array)),
  }),
  result: memoryPlace,
  errors: ["BadState", "Overloaded"],
});

export const open = request("memory/open", {
  doc: "Where the file of existing memory is. Fails with UnknownHandle if there is none, or its name was removed.",
  params: v.strictObject({ memory: memory() }),
  result: memoryPlace,
  errors: ["UnknownHandle", "Overloaded"],
});

export const unlink = request("memory/unlink", {
  doc:
    "Removes the memory from the server: no session can open it any more, and its name is free. Processes that have " +
    "opened the file keep it. Fails with UnknownHandle if there is no such memory.",
  params: v.strictObject({ memory: memory() }),
  result: none(),
  errors: ["UnknownHandle"],
});

export const usable = notification("memory/usable", {
  doc:
    "The session can open the server's memory: it has opened the file that `memory` of the answer to `initialize` or " +
    "`worker/ready` names. From now on the server may send it references to blocks; see [Blocks](#blocks).",
  direction: "clientToServer",
  params: v.strictObject({}),
});

export const store = notification("memory/block", {
  doc:
    "A part of the session's memory is a block: it holds the bytes of one payload, which the session sends next. The " +
    "session does not write there until `memory/free`.",
  direction: "clientToServer",
  params: v.strictObject({
    block: block(),
    memory: memory(),
    /** Where the block begins in the file. */
    offset: count(),
    /** Length of the block. */
    bytes: count(1),
  }),
});

export const free = notification("memory/free", {
  doc: "Nothing refers to these blocks of the session any more: it may write there again.",
  direction: "serverToClient",
  params: v.strictObject({ blocks: v.array(block()) }),
});
