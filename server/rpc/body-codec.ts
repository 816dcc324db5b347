/**
 * Decodes a msgpack body. The composition root passes the decoder of the frame door, since the doors do not import each
 * other. Throws ParseError, or PayloadTooLarge if the message holds too many values.
 */
export type DecodeMsgpack = (body: Buffer) => unknown;

export type Encoding = "json" | "msgpack";
