import { PolyprocError } from "../../protocol/errors.js";
import {
  objectHandles,
  payloadData,
  payloadHandles,
  type Handle,
  type Payload,
  payloadBytes,
  payloadStart,
} from "../../protocol/schema.js";
import { extensions } from "../../protocol/value-forms.js";
import { arrayHead, endOfValue } from "./msgpack-skip.js";

declare class TextDecoder {
  decode(data: Uint8Array): string;
}

/** The payload of a list with this item, made without decoding it. */
export function listOf(item: Payload): Payload {
  const data = payloadData(item);
  const list = new Uint8Array(data.length + 1);
  list[0] = 0x91;
  list.set(data, 1);
  return withHandles(list, item);
}

/** The payload of a list with these items, made without decoding them. */
export function listOfAll(items: readonly Payload[]): Payload {
  if (items.length === 1) return listOf(items[0]!);
  const size = items.length < 16 ? 1 : items.length < 0x1_0000 ? 3 : 5;
  const data = new Uint8Array(items.reduce((sum, item) => sum + payloadBytes(item), size));
  const view = new DataView(data.buffer);
  if (size === 1) {
    data[0] = 0x90 | items.length;
  } else {
    data[0] = size === 3 ? 0xdc : 0xdd;
    if (size === 3) view.setUint16(1, items.length);
    else view.setUint32(1, items.length);
  }
  let at = size;
  const handles: Handle[] = [];
  for (const item of items) {
    data.set(payloadData(item), at);
    at += payloadBytes(item);
    handles.push(...objectHandles(item));
  }
  return handles.length === 0 ? data : [data, handles];
}

/**
 * Splits a list into the payloads of its items, each with the handles in it. Throws Malformed unless there are `count`.
 */
export function itemsOf(list: Payload, count: number): Payload[] {
  const data = payloadData(list);
  const head = arrayHead(data);
  if (head.count !== count)
    throw new PolyprocError("Malformed", `expected a list of ${count} items; got ${head.count}`);
  // The items' bytes are copies of those in a block, so they do not need it any longer.
  const listed = [...objectHandles(list)];
  if (count === 1) {
    const only = data.subarray(head.at);
    return [listed.length === 0 ? only : [only, listed]];
  }
  const items: Payload[] = [];
  // Handles inside a blob cannot be seen. So each item with a blob may contain the listed handles that were found
  // nowhere.
  const unseen = new Set(listed);
  const known = new Set(listed);
  const opaque: number[] = [];
  let { at } = head;
  for (let i = 0; i < count; i++) {
    const handles: Handle[] = [];
    let isOpaque = false;
    const end = endOfValue(
      data,
      at,
      listed.length === 0
        ? undefined
        : (type, from, to) => {
            if (type === extensions.blob) isOpaque = true;
            if (type !== extensions.handle) return;
            const handle = new TextDecoder().decode(data.subarray(from, to));
            // Only listed handles have been checked by the server.
            if (!known.has(handle)) return;
            handles.push(handle);
            unseen.delete(handle);
          },
    );
    if (isOpaque) opaque.push(i);
    const item = data.subarray(at, end);
    items.push(handles.length === 0 ? item : [item, handles]);
    at = end;
  }
  if (unseen.size > 0)
    for (const i of opaque) items[i] = [payloadData(items[i]!), [...payloadHandles(items[i]!), ...unseen]];
  return items;
}

/** Longest head of a list in msgpack. */
const longestHead = 5;

/** The announced number of items; null if the payload is not a list. */
export function listLength(list: Payload): number | null {
  try {
    return arrayHead(payloadStart(list, longestHead)).count;
  } catch {
    return null;
  }
}

/**
 * Throws InvalidParams unless the payload is a list that announces `count` items and has at least one byte for each.
 */
export function requireLength(list: Payload, count: number, what: string): void {
  const length = listLength(list);
  if (length === count && payloadBytes(list) > count) return;
  throw new PolyprocError(
    "InvalidParams",
    `${what}: expected a list of ${count}, as count says; got ${length === null ? "no list" : `a list of ${length}`}`,
  );
}

/** Reads single items of a list without decoding the others. Cheapest in rising order. */
export class ItemReader {
  readonly #data: Uint8Array;
  /** Number of the item that begins at `#at`. */
  #number = 0;
  #at: number;

  /** Throws Malformed if the payload is not a list. */
  constructor(list: Payload) {
    this.#data = payloadData(list);
    this.#at = arrayHead(this.#data).at;
  }

  /** `number` must be below the list's length. Throws Malformed if the bytes end before the item. */
  item(number: number): Uint8Array {
    if (number < this.#number) {
      this.#number = 0;
      this.#at = arrayHead(this.#data).at;
    }
    for (; this.#number < number; this.#number++) this.#at = endOfValue(this.#data, this.#at);
    return this.#data.subarray(this.#at, endOfValue(this.#data, this.#at));
  }
}

/** The payload of the item in a list of one item. */
export function onlyItem(list: Payload): Payload {
  const data = payloadData(list);
  // msgpack has three heads for a list of one item. Encoders may use any of them.
  if (data[0] === 0x91) return withHandles(data.subarray(1), list);
  if (data[0] === 0xdc && data[1] === 0 && data[2] === 1) return withHandles(data.subarray(3), list);
  if (data[0] === 0xdd && data[1] === 0 && data[2] === 0 && data[3] === 0 && data[4] === 1)
    return withHandles(data.subarray(5), list);
  throw new PolyprocError("InternalError", "a worker host sent a result that is not a list of one");
}

function withHandles(data: Uint8Array, source: Payload): Payload {
  const handles = objectHandles(source);
  return handles.length === 0 ? data : [data, [...handles]];
}
