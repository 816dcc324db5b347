import { isUtf8 } from "node:buffer";
import { PolyprocError } from "../../../protocol/errors.js";
import { blockExtension, type StoredBytes } from "../../../protocol/payload.js";
import { ValueReader } from "./value-reader.js";

/**
 * How many values one message may hold; each payload counts as one. A value of one byte on the wire may take a hundred
 * in memory, so a limit on bytes alone would not bound the memory.
 */
export const maxValues = 250_000;

/** Makes a block of the reference to it that a message holds. */
export type OpenBlock = (reference: unknown) => StoredBytes;

let openBlock: OpenBlock | undefined;

const reader: ValueReader = new ValueReader({
  shareBufferPart: 1 / 4,
  maxValues,
  scalarKeys: false,
  text: (source, from, to) => {
    const text = source.subarray(from, to);
    if (!isUtf8(text)) throw malformed("a text is not valid UTF-8");
    return text.toString("utf8");
  },
  extension: (length) => {
    if (!openBlock || reader.size(1) !== blockExtension) throw malformed("extension types are for payloads only");
    const end = reader.at + length;
    const reference = reader.value();
    if (reader.at !== end) throw malformed("a reference to a block has a wrong length");
    return openBlock(reference);
  },
  malformed,
});

/**
 * Decodes the bytes from `start` to `stop` of `buffer`, which must be exactly one msgpack value. Throws ParseError at
 * truncated data, bytes left over, text that is not UTF-8, keys that are not text, extension types (they occur only
 * inside payloads) and too deep nesting; PayloadTooLarge beyond `maxValues`.
 *
 * `open`: called for references to blocks. Without it they are as other extension types.
 *
 * The caller may keep a `bin`: it shares the buffer if the message is a large part of that. Otherwise it is a copy.
 */
export function decodeMessage(buffer: Buffer, start = 0, stop = buffer.length, open?: OpenBlock): unknown {
  openBlock = open;
  return reader.read(buffer, start, stop);
}

function malformed(what: string): PolyprocError {
  return new PolyprocError("ParseError", `not a msgpack message: ${what}; compare its length with the frame's`);
}
