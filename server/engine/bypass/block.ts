import { PolyprocError } from "../../../protocol/errors.js";
import type * as messages from "../../../protocol/memory.js";
import { StoredBytes, type Handle } from "../../../protocol/payload.js";
import type { Params } from "../../../protocol/message.js";
import type { Registry, SharedObject } from "../registry.js";
import type { Session } from "../session.js";
import type { BlockTable } from "./block-table.js";
import { Memory } from "./memory.js";
import type { MemoryFile } from "./memory-file.js";

export interface BlockDependencies {
  readonly registry: Registry;
  readonly blocks: BlockTable;
}

/**
 * A part of a session's memory that holds the bytes of one payload. Its maker has a reference until the first payload
 * with it is stored. Then payloads in flight and their receivers have references; after the last of them the maker is
 * told.
 */
export class Block extends StoredBytes implements SharedObject {
  readonly handle: Handle;
  readonly length: number;
  readonly #engine: BlockDependencies;
  readonly #maker: Session;
  readonly #offset: number;
  readonly #file: MemoryFile;
  readonly #letGo: () => void;
  #isStored = false;

  constructor(
    engine: BlockDependencies,
    maker: Session,
    { block, offset, bytes }: Params<typeof messages.store>,
    memory: Memory,
  ) {
    super();
    this.handle = block;
    this.length = bytes;
    this.#engine = engine;
    this.#maker = maker;
    this.#offset = offset;
    const { file, letGo } = memory.lend();
    this.#file = file;
    this.#letGo = letGo;
    engine.blocks.made();
  }

  static create(engine: BlockDependencies, session: Session, params: Params<typeof messages.store>): void {
    const { registry } = engine;
    const memory = registry.get(params.memory, Memory);
    if (!session.references.has(params.memory) || params.offset + params.bytes > memory.bytes)
      throw new PolyprocError(
        "BadState",
        `${params.block}: bytes ${params.offset} to ${params.offset + params.bytes} are not within ${params.memory}, ` +
          `of ${memory.bytes} bytes, or that is not this session's`,
      );
    registry.create(session, params.block, Block, () => new Block(engine, session, params, memory));
  }

  /** Whether the session may send the block: it has made it, or has received it. */
  isOf(session: Session): boolean {
    return session.references.has(this.handle);
  }

  read(): Uint8Array {
    return this.#file.read(this.#offset, this.length);
  }

  start(most: number): Uint8Array {
    return this.#file.read(this.#offset, Math.min(most, this.length));
  }

  get reference(): unknown {
    return [this.handle, this.#file.path, this.#file.inode, this.#offset, this.length];
  }

  /**
   * The maker's own reference ends: payloads in flight have references. Called, too, when a message with it was
   * handled: if nothing has stored the payload, the block is free again.
   */
  stored(): void {
    if (this.#isStored) return;
    this.#isStored = true;
    this.#engine.registry.release(this.#maker, this.handle);
  }

  unreferenced(): void {
    this.#letGo();
    this.#engine.blocks.gone(this.#maker, this.handle);
  }
}
