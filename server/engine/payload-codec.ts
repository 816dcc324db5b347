import type { Payload } from "../../protocol/schema.js";

/**
 * Decodes and encodes payloads. The engine needs this in two places only: to fill a command's placeholders with an
 * item, and to build a command's result.
 */
export interface PayloadCodec {
  decode(payload: Payload): unknown;
  encode(value: unknown): Payload;
}
