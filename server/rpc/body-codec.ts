/** msgpack for message bodies. The doors share one, which the composition root hands in. */
export interface BodyCodec {
  encode(message: object): Buffer;
  /** Fails with ParseError, and with PayloadTooLarge when the message holds too many values. */
  decode(body: Buffer): unknown;
}

export type Encoding = "json" | "msgpack";
