import type { Item } from "../items/items.js";

/**
 * Bytes of a command line that a group may fill. The system's own limit is higher, but the environment counts against
 * it.
 */
const maxLineBytes = 128 * 1024;
/** Bytes of an argument besides its text. */
const argumentBytes = 9;

export interface GroupOptions {
  /** Most items of one command; null: as many as fit. */
  max: number | null;
  /** Bytes of the command line without items. */
  lineBytes: number;
}

/** Joins several items into one, which has the fields of all. An item that cannot be run stays alone. */
export async function* group(
  items: AsyncIterable<Item> | Iterable<Item>,
  { max, lineBytes }: GroupOptions,
): AsyncGenerator<Item> {
  let pending: (Item & { ok: true })[] = [];
  let bytes = lineBytes;
  const flush = function* (): Generator<Item> {
    if (pending.length > 0) yield joined(pending);
    pending = [];
    bytes = lineBytes;
  };
  for await (const item of items) {
    if (!item.ok) {
      yield* flush();
      yield item;
      continue;
    }
    const more = item.fields.reduce((sum, field) => sum + Buffer.byteLength(field) + argumentBytes, 0);
    if (bytes + more > maxLineBytes) yield* flush();
    pending.push(item);
    bytes += more;
    if (pending.length === max) yield* flush();
  }
  yield* flush();
}

function joined(items: readonly (Item & { ok: true })[]): Item {
  const [only] = items;
  if (items.length === 1) return only!;
  const fields = items.flatMap((item) => item.fields);
  return { ok: true, value: fields, text: items.map(({ text }) => text).join(" "), fields, parts: items };
}
