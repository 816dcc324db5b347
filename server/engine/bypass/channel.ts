/** A way for items past the server, from the one process that writes to the one that reads it. What is in it outlives both. */
export interface Channel {
  /** What both open. It is valid until `close`. */
  readonly path: string;
  /** `DEVICE:INODE`, by which they know that it is the right one. */
  readonly inode: string;
  /** Takes out the items that are in it whole, the first of them together with `begun`, which somebody has read. Only while nobody else reads it. */
  drain(begun?: Uint8Array): Uint8Array[];
  close(): void;
}
