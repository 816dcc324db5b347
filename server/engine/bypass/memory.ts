import { PolyprocError } from "../../../protocol/errors.js";
import type { Handle } from "../../../protocol/schema.js";
import type { Account } from "../budget.js";
import type { Registry, SharedObject } from "../registry.js";
import type { Session } from "../session.js";
import type { MemoryFile, OpenMemory } from "./memory-file.js";

/** Where processes open the file. */
export interface MemoryPlace {
  path: string;
  inode: string;
  bytes: number;
}

interface Content {
  readonly file: MemoryFile;
  readonly account: Account;
  /** Resolves when every page exists. */
  readonly filled: Promise<MemoryPlace>;
  /** Blocks in it, which need the file also after the memory was removed. */
  blocks: number;
}

/** What shared memory needs of the engine. */
export interface MemoryDependencies {
  readonly registry: Registry;
  readonly options: { readonly openMemory: OpenMemory };
}

/** Memory that processes open by its path. The server holds the file, so the memory outlives its maker. */
export class Memory implements SharedObject {
  readonly handle: Handle;
  /** Null once the memory was removed from the server. */
  #content: Content | null = null;

  constructor(handle: Handle) {
    this.handle = handle;
  }

  /** Makes memory, or takes a reference to the memory of this name. */
  static create(
    engine: MemoryDependencies,
    session: Session,
    handle: Handle,
    bytes: number,
    exclusive: boolean,
    data: Uint8Array,
    inMemory = false,
  ): Promise<MemoryPlace> {
    const { registry } = engine;
    if (data.length > bytes)
      throw new PolyprocError("InvalidParams", `memory of ${bytes} bytes cannot begin with ${data.length} bytes`);
    const existing = registry.find(handle);
    const found = existing instanceof Memory ? existing.#content : null;
    if (found && exclusive) throw new PolyprocError("BadState", `${handle} exists`, { handle });
    if (found && found.file.bytes < bytes)
      throw new PolyprocError(
        "BadState",
        `${handle} has ${found.file.bytes} bytes, fewer than ${bytes}: ask for no more, or use another name`,
        { handle, bytes: found.file.bytes },
      );
    const memory = registry.create(session, handle, Memory, () => new Memory(handle));
    try {
      return (
        memory.#content?.filled ??
        memory.#make(session.account, bytes, data, (size) => engine.options.openMemory(size, inMemory))
      );
    } catch (error) {
      registry.release(session, handle);
      throw error;
    }
  }

  get bytes(): number {
    return this.#content?.file.bytes ?? 0;
  }

  /** Where the file is, once its pages exist. */
  open(): Promise<MemoryPlace> {
    return this.#required().filled;
  }

  /** The file, for a block in it. `letGo` must be called once. */
  lend(): { file: MemoryFile; letGo: () => void } {
    const content = this.#required();
    content.blocks++;
    return {
      file: content.file,
      letGo: () => {
        content.blocks--;
        if (content.blocks === 0 && this.#content !== content) end(content);
      },
    };
  }

  unlink(): null {
    this.#required();
    this.#remove();
    return null;
  }

  unreferenced(): void {
    this.#remove();
  }

  #required(): Content {
    if (this.#content) return this.#content;
    throw new PolyprocError("UnknownHandle", `${this.handle} does not exist: its name was removed`, {
      handle: this.handle,
    });
  }

  #make(
    account: Account,
    bytes: number,
    data: Uint8Array,
    open: (bytes: number) => MemoryFile | null,
  ): Promise<MemoryPlace> {
    if (!account.hasRoom(bytes))
      throw new PolyprocError(
        "Overloaded",
        `the server has no room for ${bytes} bytes of shared memory: release other memory, take items and results, ` +
          "or raise --max-memory-bytes",
        { bytes },
      );
    const file = open(bytes);
    if (!file) throw noRoom(bytes);
    account.charge(bytes);
    const content: Content = { file, account, filled: this.#filled(file, data), blocks: 0 };
    this.#content = content;
    return content.filled;
  }

  async #filled(file: MemoryFile, data: Uint8Array): Promise<MemoryPlace> {
    const { path, inode, bytes } = file;
    if (await file.fill(data)) return { path, inode, bytes };
    if (this.#content?.file === file) this.#remove();
    throw noRoom(bytes);
  }

  #remove(): void {
    if (!this.#content) return;
    const content = this.#content;
    this.#content = null;
    if (content.blocks === 0) end(content);
  }
}

function end({ file, account }: Content): void {
  file.close();
  account.release(file.bytes);
}

function noRoom(bytes: number): PolyprocError {
  return new PolyprocError(
    "Overloaded",
    `the server's machine has no room for ${bytes} bytes of shared memory: see "df /dev/shm"`,
    { bytes },
  );
}
