import { writeSync } from "node:fs";
import { FrameEncoder } from "../../../server/ipc/framing/encoder.js";
import type { RpcEndpoint } from "../../../server/ipc/framing/rpc-endpoint.js";
import { payloadBytes, type Payload } from "../../../protocol/payload.js";
import type { HostStream } from "./stream.js";

const reportsFd = 5;
const headBytes = 8;
/** A FIFO takes a write of this length whole or not at all. */
const maxRecordBytes = 4096;
/**
 * Messages with more bytes of payloads than this go over the connection. It leaves room for the rest of a record. (The
 * Python binding packs a message first, and compares its exact length.)
 */
const maxDataBytes = 3584;

const record = Buffer.alloc(maxRecordBytes);

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

  /** False: the message has to be sent over the connection. */
  write(method: string, params: { values?: Payload; data?: Uint8Array; error?: unknown }): boolean {
    const { values, data, error } = params;
    const bytes = data?.length ?? (values === undefined ? 0 : payloadBytes(values));
    if (error !== undefined || bytes > maxDataBytes) return false;
    this.#endpoint.flush();
    if (this.#endpoint.backlogBytes > 0) return false;
    this.#encoder.frame({ method, params });
    const [frame] = this.#encoder.take() as [Buffer];
    const length = headBytes + frame.length;
    const fits = length <= maxRecordBytes && this.#write(frame, length);
    this.#encoder.reuse();
    return fits;
  }

  #write(frame: Buffer, length: number): boolean {
    const { sentBytes } = this.#stream;
    record.writeUInt32BE(Math.floor(sentBytes / 0x1_0000_0000));
    record.writeUInt32BE(sentBytes % 0x1_0000_0000, 4);
    record.set(frame, headBytes);
    try {
      writeSync(reportsFd, record, 0, length);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      return false;
    }
    this.#written++;
    return true;
  }

  /** Goes before the next message of the connection, so that the server reads the channel first. */
  #announcement(): object | null {
    if (this.#announced === this.#written) return null;
    this.#announced = this.#written;
    return { method: "worker/wrote", params: { reports: this.#written } };
  }
}
