import type { Item } from "./items/items.js";

/** Items that go to a worker together. */
export interface Chunk {
  /** Position of the first item. */
  index: number;
  items: (Item & { ok: true })[];
  /** What the server is sent for each of them. */
  values: unknown[];
  bytes: number;
  /** Items without an outcome. */
  left: number;
}
