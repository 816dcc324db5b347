/** A msgpack body as a message. The frame door's own decoder, handed in: fails with ParseError, and with PayloadTooLarge when the message holds too many values. */
export type DecodeMsgpack = (body: Buffer) => unknown;

export type Encoding = "json" | "msgpack";
