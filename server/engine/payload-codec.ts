import type { Payload } from "../../protocol/schema.js";

/**
 * The two places where the server must look into a payload: to fill a command's placeholders with its item, and to build
 * a command's result. Everything else moves the bytes.
 */
export interface PayloadCodec {
  decode(payload: Payload): unknown;
  encode(value: unknown): Payload;
}
