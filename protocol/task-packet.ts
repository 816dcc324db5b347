/*
 * The packets of a task channel: SPEC.md, "Worker channels". A packet's item is a task, a msgpack map as in
 * `worker/run`, or only its `seq` when the task comes in `worker/run`. `seq` comes first, so that it has a fixed place.
 */
import { blockExtension, type Payload, type StoredBytes } from "./payload.js";
import type { WorkerTask } from "./worker.js";

/** One write and one read. Eight of them are a page of a FIFO, so 16 pages hold 128. */
export const taskPacketBytes = 512;

const headBytes = 3;

/** Most bytes of a task beside its items and the name of its job. */
const otherBytes = 100;
/** Where `seq` is in a packet: after the packet's head, the map's head, the key, and the byte for "32 bits". */
const seqAt = headBytes + 6;

/** The server's reference to a block: handle, path, inode, offset, bytes. */
type BlockReference = readonly (string | number)[];

type Member = "seq" | "target" | "mode" | "count" | "from" | "to" | "exact" | "job" | "index" | "items";

const keys = Object.fromEntries(
  "seq target mode count from to exact job index items".split(" ").map((name) => [name, key(name)]),
) as Record<Member, Uint8Array>;

function key(name: string): Uint8Array {
  return Uint8Array.from([0xa0 | name.length, ...ascii(name)]);
}

function ascii(text: string): number[] {
  return Array.from(text, (letter) => letter.charCodeAt(0));
}

/** Whether the task can travel in a packet. */
export function fitsPacket({ items, job = "" }: WorkerTask): boolean {
  return payloadRoom(items) + textRoom(job) + otherBytes <= taskPacketBytes - headBytes;
}

/** Most bytes that a payload takes in a packet. Infinity: it cannot be in one. */
function payloadRoom(items: Payload): number {
  if (items instanceof Uint8Array) return items.length;
  const [data, handles] = items;
  if (handles.length > 15) return Infinity;
  const room = data instanceof Uint8Array ? data.length : referenceRoom(data);
  return handles.reduce((sum, handle) => sum + textRoom(handle), room + 2);
}

function referenceRoom({ reference }: StoredBytes): number {
  if (!Array.isArray(reference)) return Infinity;
  return (reference as BlockReference).reduce<number>(
    (sum, member) => sum + (typeof member === "string" ? textRoom(member) : 9),
    2,
  );
}

function textRoom(text: string): number {
  return text.length < 256 && /^[\0-\x7f]*$/.test(text) ? text.length + 2 : Infinity;
}

/** Writes a packet to `at`: with the task, or with the `seq` of one that comes in `worker/run`. */
export function writeTaskPacket(to: Uint8Array, at: number, task: WorkerTask | number): void {
  writer.begin(to, at);
  if (typeof task === "number") {
    writer.map(1);
    writer.member(keys.seq, task);
  } else {
    const { seq, target, mode, items, count, from, to: end, exact, job, index } = task;
    const more = Number(from !== undefined) + Number(end !== undefined) + Number(exact === true);
    writer.map(5 + more + Number(job !== undefined) + Number(index !== undefined));
    writer.member(keys.seq, seq);
    writer.member(keys.target, target);
    writer.bytes(keys.mode);
    writer.text(mode);
    writer.member(keys.count, count);
    if (from !== undefined) writer.member(keys.from, from);
    if (end !== undefined) writer.member(keys.to, end);
    if (exact) {
      writer.bytes(keys.exact);
      writer.byte(0xc3);
    }
    if (job !== undefined) {
      writer.bytes(keys.job);
      writer.text(job);
    }
    if (index !== undefined) writer.member(keys.index, index);
    writer.bytes(keys.items);
    writer.payload(items);
  }
  writer.end();
}

/** The `seq` of the task of a packet that `writeTaskPacket` has written. */
export function seqOfPacket(packets: Uint8Array, at: number): number {
  const from = at + seqAt;
  return packets[from]! * 0x1000000 + ((packets[from + 1]! << 16) | (packets[from + 2]! << 8) | packets[from + 3]!);
}

/** Writes one packet at a time. */
class Writer {
  #to: Uint8Array = new Uint8Array(0);
  #start = 0;
  #at = 0;

  begin(to: Uint8Array, at: number): void {
    this.#to = to;
    this.#start = at;
    this.#at = at + headBytes;
  }

  /** Writes the packet's head, and zeros after the item: there may be bytes of another packet. */
  end(): void {
    const to = this.#to;
    const length = this.#at - this.#start - headBytes;
    to[this.#start] = 0;
    to[this.#start + 1] = length & 255;
    to[this.#start + 2] = length >> 8;
    to.fill(0, this.#at, this.#start + taskPacketBytes);
  }

  byte(byte: number): void {
    this.#to[this.#at++] = byte;
  }

  bytes(bytes: Uint8Array): void {
    this.#to.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  map(members: number): void {
    this.byte(0x80 | members);
  }

  member(name: Uint8Array, value: number): void {
    this.bytes(name);
    this.number(value);
  }

  number(value: number): void {
    if (value > 0xffff_ffff) {
      this.byte(0xcf);
      this.#four(Math.floor(value / 0x1_0000_0000));
    } else {
      this.byte(0xce);
    }
    this.#four(value % 0x1_0000_0000);
  }

  #four(value: number): void {
    const to = this.#to;
    to[this.#at] = value >>> 24;
    to[this.#at + 1] = value >>> 16;
    to[this.#at + 2] = value >>> 8;
    to[this.#at + 3] = value;
    this.#at += 4;
  }

  /** ASCII, of up to 255 characters. */
  text(text: string): void {
    this.byte(0xd9);
    this.byte(text.length);
    for (let i = 0; i < text.length; i++) this.byte(text.charCodeAt(i));
  }

  payload(items: Payload): void {
    if (items instanceof Uint8Array) {
      this.bin(items);
      return;
    }
    const [data, handles] = items;
    this.array(2);
    if (data instanceof Uint8Array) this.bin(data);
    else this.block(data.reference as BlockReference);
    this.array(handles.length);
    for (const handle of handles) this.text(handle);
  }

  block(reference: BlockReference): void {
    const from = this.#at;
    this.#at += 4;
    this.array(reference.length);
    for (const member of reference)
      if (typeof member === "string") this.text(member);
      else this.number(member);
    const length = this.#at - from - 4;
    this.#to.set([0xc8, length >> 8, length & 255, blockExtension], from);
  }

  array(length: number): void {
    this.byte(0x90 | length);
  }

  bin(bytes: Uint8Array): void {
    this.byte(0xc5);
    this.byte(bytes.length >> 8);
    this.byte(bytes.length & 255);
    this.bytes(bytes);
  }
}

const writer = new Writer();
