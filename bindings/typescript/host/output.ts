import type { Writable } from "node:stream";

type StreamName = "stdout" | "stderr";

/**
 * Sends writes to `process.stdout` and `process.stderr` over the host's connection. So output stays in order with
 * results and belongs to its task. As in Node, each stream is created when it is first used.
 */
export class OutputCapture {
  /** False: writes go to the process's own streams. */
  active = false;
  readonly #send: (stream: StreamName, data: Uint8Array) => void;

  constructor(send: (stream: StreamName, data: Uint8Array) => void) {
    this.#send = send;
    this.#capture("stdout");
    this.#capture("stderr");
  }

  #capture(name: StreamName): void {
    const original = Object.getOwnPropertyDescriptor(process, name)!;
    let stream: Writable | undefined;
    Object.defineProperty(process, name, {
      configurable: true,
      enumerable: true,
      get: () => (stream ??= this.#redirect(name, original.get!.call(process) as Writable)),
    });
  }

  #redirect(name: StreamName, stream: Writable): Writable {
    const direct = stream._write.bind(stream);
    stream._write = (chunk: Buffer | string, encoding, done) => {
      if (!this.active) {
        direct(chunk, encoding, done);
        return;
      }
      this.#send(name, typeof chunk === "string" ? Buffer.from(chunk, encoding) : chunk);
      done();
    };
    // Node would write several chunks at once with _writev, past _write.
    Object.defineProperty(stream, "_writev", { value: null, configurable: true, writable: true });
    return stream;
  }
}
