import { PolyprocError } from "../../../protocol/errors.js";
import type { Handle } from "../../../protocol/schema.js";
import type { ItemStore } from "./item-store.js";

export function queueFull(
  queue: Handle,
  maxSize: number,
  items: ItemStore,
  stored: number,
  count: number,
): PolyprocError {
  const limit = items.hasPlace ? `${items.bytes} bytes are unread` : `it holds maxSize (${maxSize}) items`;
  return new PolyprocError("Full", `${queue} is full: ${limit}; ${stored} of ${count} items were stored`, { stored });
}

export function queueEmpty(queue: Handle): PolyprocError {
  return new PolyprocError("Empty", `${queue} is empty`);
}

export function itemsUnfinished(queue: Handle, unfinished: number): PolyprocError {
  return new PolyprocError(
    "TimedOut",
    `${unfinished} items of ${queue} are unfinished: call taskDone once for each item taken`,
  );
}
