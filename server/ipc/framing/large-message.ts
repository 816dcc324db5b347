import { constants } from "node:buffer";
import { PolyprocError } from "../../../protocol/errors.js";
import { decodeMessage } from "./decoder.js";
import { headBytes } from "./fragments.js";

export type MessageId = number | string | null;

/** Memory that was set aside for one large message. */
export interface Reservation {
  /** These bytes have come. Fails when the memory was given to others since, because the sender was slow. */
  came(bytes: number): void;
  /** The message is complete, or its connection has ended. */
  release(): void;
}

/** Memory for the bodies of one connection's frames, one after the other. */
export interface FrameRoom {
  /** Bodies of this length, in bytes, and longer ones ask before they are read. */
  readonly leastBytes: number;
  /** Calls when there is room, perhaps before this returns; until then nothing more is read. The function that it returns gives the room back. */
  take(bytes: number, granted: () => void): () => void;
}

/** Decides whether the messages of one connection that come in fragments are read. */
export interface LargeIntake {
  /** Longest message, in bytes; 0: none. May be changed between messages. */
  maxPayloadBytes: number;
  /** The option that raises the limit. */
  readonly option?: string;
  /** Calls `settled` once, now or later: with null when there is room, otherwise with the reason why there will be none. Until then nothing more is read. */
  reserve(bytes: number, settled: (error: PolyprocError | null) => void): Reservation;
  /** Absent: frames are read in any case. */
  readonly frames?: FrameRoom;
  /** A message is left out, its bytes are skipped. `id` null: a notification. What this throws ends the connection. */
  refused(id: MessageId, error: PolyprocError): void;
}

/** A message that comes in fragments. It is allocated once, and only after its length was allowed. */
export class LargeMessage {
  readonly #intake: LargeIntake;
  #head: Buffer | null = Buffer.allocUnsafe(headBytes);
  #headAt = 0;
  #id: MessageId = null;
  #bytes = 0;
  /** Bytes of it that have come. */
  #at = 0;
  /** Null while it waits for room, and when it is skipped. */
  #buffer: Buffer | null = null;
  #reservation: Reservation | null = null;
  #state: "head" | "waiting" | "taken" | "skipped" | "over" = "head";

  constructor(intake: LargeIntake) {
    this.#intake = intake;
  }

  /** False while it waits for room. */
  get admitted(): boolean {
    return this.#state !== "waiting";
  }

  get complete(): boolean {
    return this.#at === this.#bytes && this.#state !== "head";
  }

  /** Fails with Malformed unless so many bytes may follow. */
  requireFits(fragmentBytes: number): void {
    if (this.#state !== "head" && fragmentBytes > this.#bytes - this.#at) throw malformed(`a fragment of ${fragmentBytes} bytes, where ${this.#bytes - this.#at} bytes of the message are left`);
  }

  /** Called at the end of a fragment. */
  requireHead(): void {
    if (this.#state === "head") throw malformed("a first fragment that ends inside its head");
  }

  /** Takes bytes of a fragment; returns how many. It stops behind the head. */
  take(chunk: Buffer, from: number, to: number): number {
    if (this.#head) return this.#takeHead(this.#head, chunk, from, to);
    const bytes = to - from;
    if (bytes > this.#bytes - this.#at) throw malformed(`more bytes than the ${this.#bytes} that its head announced`);
    this.#buffer?.set(chunk.subarray(from, to), this.#at);
    this.came(bytes);
    return bytes;
  }

  /** Where the next bytes belong; null when they have no place of their own. */
  room(bytes: number): Buffer | null {
    return this.#buffer?.subarray(this.#at, this.#at + bytes) ?? null;
  }

  /** The next bytes have come. */
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

  /** Lets go of its memory, and returns it when all has come and was wanted. */
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
    if (id !== null && typeof id !== "string" && !(typeof id === "number" && Number.isFinite(id))) throw malformed("a head whose id is no id");
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
      // The system gives the memory page by page, as the bytes come.
      this.#buffer = Buffer.allocUnsafeSlow(this.#bytes);
    } catch {
      this.#skip(new PolyprocError("Overloaded", `there is no memory for a message of ${this.#bytes} bytes: send it later, or in parts`, { bytes: this.#bytes }));
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
  return new PolyprocError("PayloadTooLarge", `a message of ${bytes} bytes is more than the ${maxPayloadBytes} that are read here; send it in parts, hand over a file's path${raise}`, { bytes, maxPayloadBytes });
}

function malformed(what: string): PolyprocError {
  return new PolyprocError("Malformed", `the stream has ${what}: compare the sender with protocol/SPEC.md, "Fragments"`);
}
