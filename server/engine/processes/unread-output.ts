import { PolyprocError } from "../../../protocol/errors.js";
import type { Payload } from "../../../protocol/payload.js";
import type { Account } from "../budget.js";
import type { PayloadCodec } from "../payload-codec.js";
import type { Session } from "../session.js";
import type { Wait } from "../wait.js";
import { WaitLine } from "../wait-line.js";

/** With this many unread bytes the program's stream is no longer read. */
const highWaterBytes = 256 * 1024;
/** Most unread bytes after the program's exit: more than the pipe of a program holds. */
const maxLeftBytes = 1024 * 1024;
/** Default of `maxBytes`. */
const usualReadBytes = 1024 * 1024;

/** Pieces up to this size are joined: a program that writes single bytes must not cost an object for each. */
const smallBytes = 4096;

/** What the answer of `process/read` has. */
export interface OutputRead {
  data: Payload;
  end: boolean;
}

/** The process to which a stream belongs. */
export interface StreamOwner {
  readonly name: string;
  /** Why it ended. Null while it runs. */
  readonly reason: string | null;
}

/** The stream of the program, as its buffer steers it. */
export interface OutputSource {
  pause(): void;
  resume(): void;
  close(): void;
}

/** What a command wrote to one of its streams, until its starter reads it. */
export class UnreadOutput {
  readonly #process: StreamOwner;
  readonly #name: string;
  readonly #account: Account;
  readonly #codec: Pick<PayloadCodec, "fromBytes">;
  readonly #source: OutputSource;
  readonly #readers = new WaitLine<OutputRead, number>();
  #pieces: Uint8Array[] = [];
  #bytes = 0;
  #paused = false;
  #ended = false;
  #closed = false;
  /** Processes that outlive the program wrote more than is kept. */
  #lost = false;

  constructor(
    process: StreamOwner,
    name: string,
    account: Account,
    codec: Pick<PayloadCodec, "fromBytes">,
    source: OutputSource,
  ) {
    this.#process = process;
    this.#name = name;
    this.#account = account;
    this.#codec = codec;
    this.#source = source;
  }

  push(data: Uint8Array): void {
    if (this.#closed || this.#ended) return;
    if (this.#bytes + data.length > highWaterBytes + maxLeftBytes) {
      this.#lost = true;
      this.#source.close();
      this.end();
      return;
    }
    const last = this.#pieces.at(-1);
    if (last && last.length + data.length <= smallBytes) this.#pieces[this.#pieces.length - 1] = joined(last, data);
    else this.#pieces.push(data);
    this.#bytes += data.length;
    this.#account.charge(data.length);
    this.#serve();
    if (this.#bytes >= highWaterBytes && !this.#paused) {
      this.#paused = true;
      this.#source.pause();
    }
  }

  /** No more output comes. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#serve();
  }

  read(session: Session, maxBytes: number | undefined, timeoutMs: number | null | undefined) {
    if (this.#closed)
      throw new PolyprocError("BadState", `this session has closed ${this.#name} of ${this.#process.name}`);
    // Half of what its messages hold: in JSON, bytes are a third longer.
    const most = Math.max(1, Math.min(maxBytes ?? usualReadBytes, Math.floor(session.peer.maxPayloadBytes / 2)));
    if (this.#readers.length === 0 && this.#isReady) return this.#take(most);
    const late = () =>
      new PolyprocError("TimedOut", `${this.#process.name} wrote nothing to ${this.#name} within timeoutMs`);
    if (timeoutMs === 0) throw late();
    const onTimeout = () => {
      throw late();
    };
    return this.#readers.add(session, most, { timeoutMs, onTimeout }).wait as Wait<OutputRead>;
  }

  /** Drops what is not read. Pending reads fail. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#account.release(this.#bytes);
    this.#pieces = [];
    this.#bytes = 0;
    this.#source.close();
    this.#readers.rejectAll(new PolyprocError("BadState", `${this.#name} of ${this.#process.name} was closed`));
  }

  get #isReady(): boolean {
    return this.#bytes > 0 || this.#ended;
  }

  #serve(): void {
    for (let reader = this.#readers.first; reader && this.#isReady; reader = this.#readers.first) {
      this.#readers.shift();
      try {
        reader.wait.resolve(this.#take(reader.details));
      } catch (error) {
        reader.wait.reject(error as PolyprocError);
      }
    }
  }

  #take(most: number): OutputRead {
    if (this.#bytes === 0 && this.#lost) {
      throw new PolyprocError(
        "Overloaded",
        `processes that outlive ${this.#process.name} wrote more than ${maxLeftBytes} bytes to its ${this.#name} ` +
          "after its end; the rest is lost",
      );
    }
    const taken: Uint8Array[] = [];
    let bytes = 0;
    while (bytes < most && this.#pieces.length > 0) {
      const piece = this.#pieces[0]!;
      const part = piece.subarray(0, most - bytes);
      if (part.length === piece.length) this.#pieces.shift();
      else this.#pieces[0] = piece.subarray(part.length);
      taken.push(part);
      bytes += part.length;
    }
    this.#bytes -= bytes;
    this.#account.release(bytes);
    if (this.#paused && this.#bytes < highWaterBytes) {
      this.#paused = false;
      this.#source.resume();
    }
    return { data: this.#codec.fromBytes(taken), end: this.#ended && this.#bytes === 0 && !this.#lost };
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
