/*
 * A message that is too large for one frame is sent in fragments; other frames may be sent between them. A fragment has
 * a prefix of 32 bits: the top bit is set, the others are its length. The first fragment of a message begins with a
 * head: the length of the whole message (u64), the length of its id in msgpack (u16), and that id, nil for a
 * notification. The rest of the first fragment, and all further fragments, are the bytes of the message in order.
 */

/** Set in the length prefix of a fragment. */
export const fragmentBit = 0x8000_0000;

/** Messages of more bytes than this are sent in fragments, to peers that read fragments. */
export const fragmentedBytes = 2 * 1024 * 1024;

/** Length of a fragment. A frame that is ready to be sent waits for at most one fragment. */
export const fragmentBytes = 1024 * 1024;

/** Bytes of a fragment besides those of the message, if ids are numbers. */
export const fragmentOverheadBytes = 32;

/** The fixed part of the head. */
export const headBytes = 10;

/** Most bytes of a message besides its payloads. */
export const messageOverheadBytes = 64 * 1024;

/** msgpack's longest `bin` and Node 20's longest Buffer end at 4 GiB. */
export const largestMessageBytes = 0xffff_ffff;
