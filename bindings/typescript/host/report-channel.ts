import { writeSync } from "node:fs";
import { FrameEncoder } from "../../../server/ipc/framing/encoder.js";
import type { RpcEndpoint } from "../../../server/ipc/framing/rpc-endpoint.js";
import { payloadBytes, type Payload } from "../../../protocol/payload.js";
import type { HostStream } from "./stream.js";

const reportsFd = 5;
const headBytes = 8;
/** A FIFO takes a write of this length whole or not at all. */
const maxWriteBytes = 4096;
/**
 * Messages with more bytes of payloads than this go over the connection. The limit leaves room for the rest. (The
 * Python binding packs a message first, and compares its exact length.)
 */
const maxDataBytes = 3584;

const written = Buffer.alloc(maxWriteBytes);

/** A message to the server. */
export interface Report {
  method: string;
  params: { values?: Payload; data?: Uint8Array; error?: unknown };
}

/** The host's end of its report channel: a write costs less than on the connection. */
export class ReportChannel {
  readonly #endpoint: RpcEndpoint;
  readonly #stream: HostStream;
  readonly #encoder = new FrameEncoder();
  #written = 0;
  #announced = 0;

  constructor(endpoint: RpcEndpoint, stream: HostStream) {
    this.#endpoint = endpoint;
    this.#stream = stream;
    endpoint.beforeMessage = () => this.#announcement();
  }

  /** Writes these messages at once. False: they have to be sent over the connection. */
  write(messages: readonly Report[]): boolean {
    if (!messages.every(isShort)) return false;
    this.#endpoint.flush();
    if (this.#endpoint.backlogBytes > 0) return false;
    let length = 0;
    for (const message of messages) {
      this.#encoder.frame(message);
      const frames = this.#encoder.take();
      const [frame] = frames as [Buffer];
      const end = length + headBytes + frame.length;
      const fits = frames.length === 1 && end <= maxWriteBytes;
      if (fits) this.#add(frame, length);
      this.#encoder.reuse();
      if (!fits) return false;
      length = end;
    }
    try {
      writeSync(reportsFd, written, 0, length);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      return false;
    }
    this.#written += messages.length;
    return true;
  }

  #add(frame: Buffer, at: number): void {
    const { sentBytes } = this.#stream;
    written.writeUInt32BE(Math.floor(sentBytes / 0x1_0000_0000), at);
    written.writeUInt32BE(sentBytes % 0x1_0000_0000, at + 4);
    written.set(frame, at + headBytes);
  }

  /** Goes before the next message of the connection, so that the server reads the channel first. */
  #announcement(): object | null {
    if (this.#announced === this.#written) return null;
    this.#announced = this.#written;
    return { method: "worker/wrote", params: { reports: this.#written } };
  }
}

function isShort({ params: { values, data, error } }: Report): boolean {
  const bytes = data?.length ?? (values === undefined ? 0 : payloadBytes(values));
  return error === undefined && bytes <= maxDataBytes;
}
