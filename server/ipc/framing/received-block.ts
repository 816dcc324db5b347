import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { PolyprocError } from "../../../protocol/errors.js";
import { StoredBytes, type Handle } from "../../../protocol/payload.js";

const forgotten = new FinalizationRegistry<() => void>((release) => release());

/** A block, as a client or worker host gets it: where its bytes are in the server's memory. */
export class ReceivedBlock extends StoredBytes {
  readonly handle: Handle;
  readonly length: number;
  readonly #path: string;
  readonly #inode: string;
  readonly #offset: number;
  #state: "held" | "passedOn" | "over" = "held";

  constructor(handle: Handle, path: string, inode: string, offset: number, length: number) {
    super();
    this.handle = handle;
    this.length = length;
    this.#path = path;
    this.#inode = inode;
    this.#offset = offset;
  }

  read(): Buffer {
    return this.start(this.length);
  }

  /** Opens the file each time: a descriptor that is kept would keep memory that the server has let go of. */
  start(most: number): Buffer {
    if (this.#state === "over") throw new Error(`${this.handle} was released: its bytes can be others by now`);
    const bytes = Buffer.allocUnsafeSlow(Math.min(most, this.length));
    const fd = openSync(this.#path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    try {
      const { dev, ino } = fstatSync(fd, { bigint: true });
      let at = 0;
      while (`${dev}:${ino}` === this.#inode && at < bytes.length) {
        const read = readSync(fd, bytes, at, bytes.length - at, this.#offset + at);
        if (read === 0) break;
        at += read;
      }
      if (at === bytes.length) return bytes;
    } finally {
      closeSync(fd);
    }
    throw new PolyprocError("Closed", `the server's memory at ${this.#path} could not be read: has the server ended?`);
  }

  override letGo(release: (block: Handle) => void): void {
    if (this.#state !== "held") return;
    this.#state = "over";
    forgotten.unregister(this);
    release(this.handle);
  }

  override letGoIfForgotten(release: (block: Handle) => void): void {
    const { handle } = this;
    forgotten.register(this, () => release(handle), this);
  }

  /** Only messages that give the payload back name it, and the server takes the session's reference with them. */
  get reference(): Handle {
    if (this.#state === "held") this.#state = "passedOn";
    forgotten.unregister(this);
    return this.handle;
  }
}

/** The block of a reference in a message from the server. */
export function receivedBlock(reference: unknown): ReceivedBlock {
  if (Array.isArray(reference) && reference.length === 5) {
    const [handle, path, inode, offset, length] = reference as unknown[];
    if (typeof handle === "string" && typeof path === "string" && typeof inode === "string")
      if (typeof offset === "number" && typeof length === "number")
        return new ReceivedBlock(handle, path, inode, offset, length);
  }
  throw new PolyprocError("Malformed", "the server sent a reference to a block that is none");
}
