import { PolyprocError } from "../../../protocol/errors.js";
import { BatchQueue, type BatchDependencies } from "./batch-queue.js";
import type { BatchStore } from "./batch-store.js";

export type BatchHostDependencies = BatchDependencies & {
  readonly options: {
    /** Opens the files for this server alone. Throws BadState if another server has them. Null: it hosts no queue. */
    readonly openBatch: (() => BatchStore) | null;
  };
};

/** The place of the batch queue on this server, which hosts it or does not. */
export class BatchHost {
  readonly #engine: BatchHostDependencies;
  #queue: BatchQueue | null = null;

  constructor(engine: BatchHostDependencies) {
    this.#engine = engine;
  }

  /** The queue. If another server had it so far, it may be free now. Throws BadState. */
  queue(): BatchQueue {
    const { openBatch } = this.#engine.options;
    if (!openBatch)
      throw new PolyprocError(
        "BadState",
        "this server does not host the batch queue; that on the default socket does, and one started with --queue",
        { hosted: false },
      );
    return (this.#queue ??= new BatchQueue(this.#engine, openBatch()));
  }

  /** Whether an entry runs or will start. */
  get busy(): boolean {
    return this.#queue?.busy ?? false;
  }

  async close(): Promise<void> {
    await this.#queue?.close();
  }
}
