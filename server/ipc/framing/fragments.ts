/*
 * A message that is too large for one frame travels in fragments, between which other frames may pass. The prefix of a fragment has its top bit set; the other
 * bits are its length. The first fragment of a message begins with a head: the length of the whole message (u64), the length of its id in msgpack (u16), and
 * that id, nil for a notification. Its rest, and all of the further fragments, are the message's bytes, in their order.
 */

/** Set in the length prefix of a fragment. */
export const fragmentBit = 0x8000_0000;

/** Messages from here on are sent in fragments, to peers that read them. */
export const fragmentedBytes = 2 * 1024 * 1024;

/** A frame that is ready to be sent waits for no more than one such piece. */
export const fragmentBytes = 1024 * 1024;

/** What a fragment holds besides the message's bytes, if ids are numbers. */
export const fragmentOverheadBytes = 32;

/** The fixed part of the head. */
export const headBytes = 10;

/** What a message holds besides its payloads, at most. */
export const messageOverheadBytes = 64 * 1024;

/** msgpack's longest `bin` and Node 20's longest Buffer end at 4 GiB. */
export const largestMessageBytes = 0xffff_ffff;
