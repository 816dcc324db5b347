import type { Payload } from "../../protocol/schema.js";

/**
 * Decodes and encodes payloads. The engine needs this for commands only: to fill a command's placeholders with an item,
 * to build its result, and to pass the bytes of its standard streams.
 */
export interface PayloadCodec {
  decode(payload: Payload): unknown;
  encode(value: unknown): Payload;
  /** The bytes of a payload that is bytes or a text. Throws InvalidParams for another value. */
  toBytes(payload: Payload): Uint8Array;
  fromBytes(pieces: readonly Uint8Array[]): Payload;
}
