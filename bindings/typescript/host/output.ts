import type { Writable } from "node:stream";

type StreamName = "stdout" | "stderr";

/**
 * Sends what JavaScript writes to `process.stdout` and `process.stderr` over the host's connection, so that it comes in
 * order with the results, and belongs to its task. The streams are made only when somebody asks for them, as Node does
 * it.
 */
export class OutputCapture {
  /** False: to the process's own streams. */
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
    // Several chunks at once would go past _write.
    Object.defineProperty(stream, "_writev", { value: null, configurable: true, writable: true });
    return stream;
  }
}
