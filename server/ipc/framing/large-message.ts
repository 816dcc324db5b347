import { constants } from "node:buffer";
import { PolyprocError } from "../../../protocol/errors.js";
import { decodeMessage } from "./decoder.js";
import { headBytes } from "./fragments.js";

export type MessageId = number | string | null;

/** Memory that is reserved for one large message. */
export interface Reservation {
  /** This many bytes have arrived. Throws Overloaded if the memory was given away because the sender was slow. */
  came(bytes: number): void;
  /** Releases the memory: the message is complete, or its connection has ended. */
  release(): void;
}

/** Reserves memory for the bodies of one connection's frames. */
export interface FrameRoom {
  /** Bodies of at least this many bytes need a reservation. */
  readonly leastBytes: number;
  /**
   * Calls `granted` when there is memory, perhaps before this returns. Until then the connection is not read. Returns a
   * function that releases the memory.
   */
  take(bytes: number, granted: () => void): () => void;
}

/** Decides which messages in fragments are read from one connection. */
export interface LargeIntake {
  /** Longest message, in bytes; 0: none. May be changed between messages. */
  maxPayloadBytes: number;
  /** The server option that raises the limit, for the error text. */
  readonly option?: string;
  /**
   * Calls `settled` once, now or later: with null if there is memory, or with the reason why there is none. Until then
   * the connection is not read.
   */
  reserve(bytes: number, settled: (error: PolyprocError | null) => void): Reservation;
  /** Absent: frames need no reservation. */
  readonly frames?: FrameRoom;
  /**
   * Called when a message is refused; its bytes are skipped. `id` null: a notification. An exception ends the
   * connection.
   */
  refused(id: MessageId, error: PolyprocError): void;
}

/** A message that arrives in fragments. Its memory is allocated once, after its length was checked. */
export class LargeMessage {
  readonly #intake: LargeIntake;
  #head: Buffer | null = Buffer.allocUnsafe(headBytes);
  #headAt = 0;
  #id: MessageId = null;
  #bytes = 0;
  /** Bytes that have arrived. */
  #at = 0;
  /** Null while the message waits for memory, and if it is skipped. */
  #buffer: Buffer | null = null;
  #reservation: Reservation | null = null;
  #state: "head" | "waiting" | "taken" | "skipped" | "over" = "head";

  constructor(intake: LargeIntake) {
    this.#intake = intake;
  }

  /** False while the message waits for memory. */
  get admitted(): boolean {
    return this.#state !== "waiting";
  }

  get complete(): boolean {
    return this.#at === this.#bytes && this.#state !== "head";
  }

  /** Throws Malformed if a fragment of this length exceeds the message. */
  requireFits(fragmentBytes: number): void {
    if (this.#state !== "head" && fragmentBytes > this.#bytes - this.#at)
      throw malformed(
        `a fragment of ${fragmentBytes} bytes, where ${this.#bytes - this.#at} bytes of the message are left`,
      );
  }

  /** Called at the end of a fragment. */
  requireHead(): void {
    if (this.#state === "head") throw malformed("a first fragment that ends inside its head");
  }

  /** Takes bytes of a fragment. Returns how many: it stops after the head. */
  take(chunk: Buffer, from: number, to: number): number {
    if (this.#head) return this.#takeHead(this.#head, chunk, from, to);
    const bytes = to - from;
    if (bytes > this.#bytes - this.#at) throw malformed(`more bytes than the ${this.#bytes} that its head announced`);
    this.#buffer?.set(chunk.subarray(from, to), this.#at);
    this.came(bytes);
    return bytes;
  }

  /** The buffer for the next bytes. Null if the message is skipped or its head is not complete. */
  room(bytes: number): Buffer | null {
    return this.#buffer?.subarray(this.#at, this.#at + bytes) ?? null;
  }

  /** The next bytes have arrived. */
  came(bytes: number): void {
    this.#at += bytes;
    if (this.#state !== "taken") return;
    try {
      this.#reservation!.came(bytes);
    } catch (error) {
      if (!(error instanceof PolyprocError)) throw error;
      this.#skip(error);
    }
  }

  /** Releases the reservation. Returns the message if it is complete and was not refused. */
  end(): Buffer | null {
    const buffer = this.#state === "taken" && this.complete ? this.#buffer : null;
    this.#state = "over";
    this.#buffer = null;
    this.#reservation?.release();
    this.#reservation = null;
    return buffer;
  }

  #takeHead(head: Buffer, chunk: Buffer, from: number, to: number): number {
    const copied = chunk.copy(head, this.#headAt, from, to);
    this.#headAt += copied;
    if (this.#headAt < head.length) return copied;
    if (head.length === headBytes) {
      const idBytes = head.readUInt16BE(8);
      if (idBytes === 0) throw malformed("a head without an id");
      this.#head = Buffer.allocUnsafe(headBytes + idBytes);
      head.copy(this.#head);
      return copied;
    }
    this.#head = null;
    this.#begin(head);
    return copied;
  }

  #begin(head: Buffer): void {
    const id = decodeMessage(head, headBytes);
    if (id !== null && typeof id !== "string" && !(typeof id === "number" && Number.isFinite(id)))
      throw malformed("a head whose id is neither a number, a string nor nil");
    this.#id = id;
    this.#bytes = Number(head.readBigUInt64BE(0));
    if (this.#bytes === 0) throw malformed("a message of 0 bytes");
    const { maxPayloadBytes, option } = this.#intake;
    this.#state = "waiting";
    if (this.#bytes > Math.min(maxPayloadBytes, constants.MAX_LENGTH)) {
      this.#skip(tooLarge(this.#bytes, maxPayloadBytes, option));
      return;
    }
    try {
      this.#reservation = this.#intake.reserve(this.#bytes, (error) => this.#settled(error));
    } catch (error) {
      if (!(error instanceof PolyprocError)) throw error;
      this.#skip(error);
      return;
    }
    if ((this.#state as string) === "skipped") this.#letGo();
  }

  #settled(error: PolyprocError | null): void {
    if (this.#state !== "waiting") return;
    if (error) {
      this.#skip(error);
      return;
    }
    try {
      // The system provides the memory page by page, as the bytes arrive.
      this.#buffer = Buffer.allocUnsafeSlow(this.#bytes);
    } catch {
      this.#skip(
        new PolyprocError("Overloaded", `no memory for a message of ${this.#bytes} bytes: send it later, or in parts`, {
          bytes: this.#bytes,
        }),
      );
      return;
    }
    this.#state = "taken";
  }

  #skip(error: PolyprocError): void {
    this.#state = "skipped";
    this.#buffer = null;
    this.#letGo();
    this.#intake.refused(this.#id, error);
  }

  #letGo(): void {
    this.#reservation?.release();
    this.#reservation = null;
  }
}

export function tooLarge(bytes: number, maxPayloadBytes: number, option?: string): PolyprocError {
  const raise = option === undefined ? "" : `, or raise the limit (${option})`;
  return new PolyprocError(
    "PayloadTooLarge",
    `a message of ${bytes} bytes is longer than the limit of ${maxPayloadBytes} bytes; send it in parts, ` +
      `send the path of a file${raise}`,
    { bytes, maxPayloadBytes },
  );
}

function malformed(what: string): PolyprocError {
  return new PolyprocError(
    "Malformed",
    `the stream has ${what}: compare the sender with protocol/SPEC.md, "Fragments"`,
  );
}
