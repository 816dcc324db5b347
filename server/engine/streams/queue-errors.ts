import { PolyprocError } from "../../../protocol/errors.js";
import type { Handle } from "../../../protocol/schema.js";
import type { ItemStore } from "./item-store.js";

export function queueFull(queue: Handle, maxSize: number, items: ItemStore, stored: number, count: number): PolyprocError {
  const limit = items.hasPlace ? `${items.bytes} bytes wait to be read` : `its ${maxSize} places are taken`;
  return new PolyprocError("Full", `${queue} is full: ${limit}; ${stored} of ${count} items were stored`, { stored });
}

export function queueEmpty(queue: Handle): PolyprocError {
  return new PolyprocError("Empty", `${queue} has no item`);
}

export function itemsUnfinished(queue: Handle, unfinished: number): PolyprocError {
  return new PolyprocError("TimedOut", `${unfinished} items of ${queue} are unfinished: each item taken needs one taskDone`);
}
