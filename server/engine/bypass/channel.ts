/**
 * A FIFO that carries items from one process to another. The server holds it open, so its items outlive both processes.
 */
export interface Channel {
  /** The path that writer and reader open. Valid until `close`. */
  readonly path: string;
  /** `DEVICE:INODE`, which writer and reader compare: in another container the path may lead to another file. */
  readonly inode: string;
  /**
   * Takes all complete items out. `begun`: the parts of the first item that the reader had already read. Call it only
   * when no other process reads or writes the FIFO.
   */
  drain(begun?: Uint8Array<ArrayBuffer>): Uint8Array[];
  close(): void;
}
