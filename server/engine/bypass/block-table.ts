import * as messages from "../../../protocol/memory.js";
import type { Handle } from "../../../protocol/payload.js";
import { OncePerTurn, type Guard } from "../guard.js";
import type { Session } from "../session.js";

interface Freed {
  blocks: Handle[];
  readonly telling: OncePerTurn;
}

/** The blocks of one server: how many there are, and which of them their makers may use again. */
export class BlockTable {
  readonly #guard: Guard;
  /** By maker. */
  readonly #freed = new WeakMap<Session, Freed>();
  #living = 0;

  constructor(guard: Guard) {
    this.#guard = guard;
  }

  /** Number of blocks that exist. */
  get living(): number {
    return this.#living;
  }

  made(): void {
    this.#living++;
  }

  /** Nothing refers to the block any more. Its maker is told at the end of the turn. */
  gone(maker: Session, block: Handle): void {
    this.#living--;
    if (maker.ended) return;
    let freed = this.#freed.get(maker);
    if (!freed) {
      freed = { blocks: [], telling: new OncePerTurn(this.#guard, maker, () => this.#tell(maker)) };
      this.#freed.set(maker, freed);
    }
    freed.blocks.push(block);
    freed.telling.schedule();
  }

  #tell(maker: Session): void {
    const freed = this.#freed.get(maker)!;
    const { blocks } = freed;
    freed.blocks = [];
    if (!maker.ended) maker.peer.notify(messages.free, { blocks });
  }
}
