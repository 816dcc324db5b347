import { closeSync } from "node:fs";
import { Socket, type SocketConstructorOpts } from "node:net";
import type { Reports } from "../../engine/processes/spawner.js";
import { readAvailable } from "./read-available.js";

/** One byte more than a FIFO holds: after a read that fills its buffer, libuv would read again before other work. */
const readBytes = 64 * 1024 + 1;
/** What is read at most when the host has exited: a FIFO of 1 MiB, the largest that it can have made. */
const maxReads = 17;

const rest = Buffer.allocUnsafeSlow(readBytes);

/** The server's end of a host's report channel. */
export class FifoReports implements Reports {
  readonly #fd: number;
  #socket: Socket | null = null;
  #listener: (data: Uint8Array) => boolean = () => true;
  #isOpen = true;

  /** @param fd a FIFO that is open for reading and writing, non-blocking; closed by `hostExited`. */
  constructor(fd: number) {
    this.#fd = fd;
  }

  listen(listener: (data: Uint8Array) => boolean): void {
    this.#listener = listener;
    const onread = {
      buffer: new Uint8Array(readBytes),
      callback: (length: number, buffer: Uint8Array) => listener(buffer.slice(0, length)),
    };
    // The types know `onread` only as an option of `connect`; the constructor takes it as well.
    this.#socket = new Socket({ fd: this.#fd, readable: true, writable: false, onread } as SocketConstructorOpts);
    this.#socket.on("error", () => {});
    this.#socket.unref();
    this.#socket.resume();
  }

  pull(): void {
    if (this.#isOpen) this.#readOnce();
  }

  resume(): void {
    if (this.#isOpen) this.#socket?.resume();
  }

  /** Hands on what is in the FIFO, and closes it. */
  hostExited(): void {
    if (!this.#isOpen) return;
    for (let i = 0; i < maxReads && this.#readOnce(); i++);
    this.#isOpen = false;
    if (this.#socket) this.#socket.destroy();
    else closeSync(this.#fd);
  }

  #readOnce(): boolean {
    const length = readAvailable(this.#fd, rest);
    if (length === 0) return false;
    this.#listener(Uint8Array.prototype.slice.call(rest, 0, length));
    return true;
  }
}
