import { closeSync, readSync, writeSync } from "node:fs";
import { openMemoryFile } from "../bypass/memory-file.js";
import { Closed, unlessClosed } from "../session/errors.js";
import { registerKind } from "../session/handles.js";
import { aCount, aText, type OptionTable } from "../session/options.js";
import { ExistingHandle, SharedObject, type NameOptions } from "../session/shared-object.js";

export interface SharedMemoryOptions extends NameOptions {
  /** Size in bytes. Without it, memory of this name must exist. */
  bytes?: number | undefined;
}

const sharedMemoryOptions: OptionTable<SharedMemoryOptions> = { name: aText, bytes: aCount(1) };

/** What the memory is made with. */
export interface NewMemory {
  bytes: number;
  data?: Uint8Array<ArrayBuffer>;
}

interface OpenFile {
  readonly fd: number;
  readonly bytes: number;
}

/** What a SharedMemory becomes that came with a companion: an array or a value. The module of these classes sets it. */
let withCompanion: (memory: SharedMemory, companion: unknown) => object = (memory) => memory;

export function onCompanion(compose: typeof withCompanion): void {
  withCompanion = compose;
}

const collected = new FinalizationRegistry<OpenFile>(({ fd }) => closeSync(fd));

/**
 * Memory that processes of one machine share, at first zeros. Python's `shared_memory.SharedMemory`, which can use the
 * same memory by its name.
 *
 * The memory is gone when no process has this object any more. `read` copies out of it and `write` into it: there is no
 * view of the memory as an ArrayBuffer.
 */
export class SharedMemory extends SharedObject implements AsyncDisposable {
  #file: Promise<OpenFile> | null = null;
  #closed = false;

  /** `bytes`: the size. With a name, memory of this name is shared if it exists; it must have the same size. */
  constructor(options: SharedMemoryOptions);
  constructor(from: SharedMemoryOptions | NameOptions | ExistingHandle, make?: NewMemory) {
    super("memory", from, make ? undefined : sharedMemoryOptions);
    if (from instanceof ExistingHandle) return;
    const { bytes, name } = from as SharedMemoryOptions;
    if (make) this.#create(make);
    else if (bytes !== undefined) this.#create({ bytes });
    else if (name !== undefined) this.create("handle/retain", (handle) => ({ handle }));
    else throw new TypeError("SharedMemory needs bytes, its size, or the name of existing memory");
  }

  /** @internal */
  static of(options: NameOptions, make: NewMemory): SharedMemory {
    return new (SharedMemory as unknown as new (options: NameOptions, make: NewMemory) => SharedMemory)(options, make);
  }

  override received(companion: unknown): object {
    return withCompanion(this, companion);
  }

  #create(make: NewMemory): void {
    this.create("memory/create", (memory) => ({ memory, ...make }));
  }

  /** Size in bytes. */
  async size(): Promise<number> {
    return (await this.#opened()).bytes;
  }

  /** Copies `length` bytes (default: all that follow) from `offset` on. */
  async read(offset = 0, length?: number): Promise<Buffer> {
    const { fd, bytes } = await this.#opened();
    const size = length ?? bytes - offset;
    requireRange(offset, size, bytes);
    const copy = Buffer.allocUnsafeSlow(size);
    for (let at = 0; at < size;) at += readSync(fd, copy, at, size - at, offset + at);
    return copy;
  }

  /** Copies these bytes into the memory, from `offset` on. */
  async write(data: Uint8Array, offset = 0): Promise<void> {
    const { fd, bytes } = await this.#opened();
    requireRange(offset, data.byteLength, bytes);
    for (let at = 0; at < data.byteLength;) at += writeSync(fd, data, at, data.byteLength - at, offset + at);
  }

  /** Removes the memory from the server: its name is free. Processes that have read or written it keep it. */
  async unlink(): Promise<void> {
    await this.request("memory/unlink", (memory) => ({ memory }));
  }

  /** Ends the use of the memory by this object. A second call does nothing. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const file = await this.#file?.catch(() => null);
    if (file) {
      collected.unregister(this);
      closeSync(file.fd);
    }
    // Not before it was made.
    await this.connection.whenOpen(() => {
      this.letGo();
      this.connection.release(this.handle);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await unlessClosed(this.close());
  }

  #opened(): Promise<OpenFile> {
    if (this.#closed) return Promise.reject(new Closed("Closed", "this memory was closed by this process"));
    return (this.#file ??= this.#open());
  }

  async #open(): Promise<OpenFile> {
    const place = await this.request("memory/open", (memory) => ({ memory }));
    const file = { fd: openMemoryFile(place), bytes: place.bytes };
    collected.register(this, file, this);
    return file;
  }
}

function requireRange(offset: number, length: number, bytes: number): void {
  if (Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0)
    if (offset + length <= bytes) return;
  throw new RangeError(`bytes ${offset} to ${offset + length} are not within the memory, which has ${bytes} bytes`);
}

type FromHandle = new (from: ExistingHandle) => SharedMemory;
registerKind("memory", (from) => new (SharedMemory as unknown as FromHandle)(from));
