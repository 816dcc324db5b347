import { Readable, Writable } from "node:stream";
import { callbackify } from "node:util";
import { PolyprocError } from "../../../protocol/errors.js";
import type { Handle } from "../../../protocol/payload.js";
import type { StandardStream } from "../../../protocol/process.js";
import { decode, encodeFor } from "../session/codec.js";
import type { Connection } from "../session/connection.js";

/** Most bytes of one write, and of one read. */
const chunkBytes = 256 * 1024;

/** The process to which a stream belongs. */
export interface StreamOwner {
  readonly connection: Connection;
  readonly handle: Handle;
}

/** The standard streams of a process whose options say "pipe", each made when it is first used. */
export class CommandStreams {
  readonly #owner: StreamOwner;
  readonly #names: readonly StandardStream[];
  readonly #made = new Map<StandardStream, Readable | Writable>();

  constructor(owner: StreamOwner, names: readonly StandardStream[]) {
    this.#owner = owner;
    this.#names = names;
  }

  get input(): Writable {
    return this.#of("stdin", () => writable(this.#owner)) as Writable;
  }

  output(name: "stdout" | "stderr"): Readable {
    return this.#of(name, () => readable(this.#owner, name)) as Readable;
  }

  #of(name: StandardStream, make: () => Readable | Writable): Readable | Writable {
    if (!this.#names.includes(name)) {
      throw new PolyprocError(
        "BadState",
        `${name} is not a pipe: make the process with { target: command(…), ${name}: "pipe" }`,
      );
    }
    let stream = this.#made.get(name);
    if (!stream) this.#made.set(name, (stream = make()));
    return stream;
  }
}

function writable(owner: StreamOwner): Writable {
  const write = callbackify((chunk: Buffer) => writeAll(owner, chunk));
  const close = callbackify(() => closeStream(owner, "stdin"));
  return new Writable({
    highWaterMark: chunkBytes,
    write(chunk: Buffer, _encoding, callback) {
      write(chunk, callback);
    },
    final(callback) {
      close(callback);
    },
    destroy(error, callback) {
      // After `final`, and after the process's end, there is nothing to close.
      close(() => callback(error));
    },
  });
}

async function writeAll(owner: StreamOwner, chunk: Buffer): Promise<void> {
  const { connection } = owner;
  for (let from = 0; from < chunk.length; from += chunkBytes) {
    const part = chunk.subarray(from, from + chunkBytes);
    const params = () => ({ process: owner.handle, data: encodeFor(connection, part) });
    await connection.request("process/write", params, { keep: owner });
  }
}

function readable(owner: StreamOwner, stream: "stdout" | "stderr"): Readable {
  const close = callbackify(() => closeStream(owner, stream));
  const output: Readable = new Readable({
    highWaterMark: chunkBytes,
    read() {
      readSome(owner, stream).then(
        ({ bytes, end }) => {
          if (bytes.length > 0) output.push(bytes);
          if (end) output.push(null);
        },
        (error: Error) => output.destroy(error),
      );
    },
    destroy(error, callback) {
      close(() => callback(error));
    },
  });
  return output;
}

async function readSome(owner: StreamOwner, stream: "stdout" | "stderr"): Promise<{ bytes: Buffer; end: boolean }> {
  const { connection } = owner;
  const params = () => ({ process: owner.handle, stream, maxBytes: chunkBytes });
  const { data, end } = await connection.request("process/read", params, { keep: owner });
  return { bytes: decode(data, connection) as Buffer, end };
}

async function closeStream(owner: StreamOwner, stream: StandardStream): Promise<void> {
  await owner.connection.request("process/closeStream", () => ({ process: owner.handle, stream }), { keep: owner });
}
