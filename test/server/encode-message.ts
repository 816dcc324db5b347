import { FrameEncoder } from "../../server/ipc/framing/encoder.js";

/** One message as msgpack, without a frame. */
export function encodeMessage(message: object): Buffer {
  const encoder = new FrameEncoder();
  encoder.frame(message);
  return Buffer.concat(encoder.take()).subarray(4);
}
