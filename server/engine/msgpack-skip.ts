import { PolyprocError } from "../../protocol/errors.js";
import { extensions } from "../../protocol/value-forms.js";

/** Called for each extension value with its type and the range of its data. */
type OnExtension = (type: number, from: number, to: number) => void;

/**
 * Returns where the msgpack value that begins at `at` ends. It decodes nothing and does not recurse, so a hostile
 * payload costs neither memory nor stack. Throws Malformed if the bytes end before the value.
 */
export function endOfValue(data: Uint8Array, at: number, onExtension?: OnExtension): number {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  try {
    for (let pending = 1; pending > 0; pending--) {
      const byte = view.getUint8(at++);
      if (byte < 0x80 || byte >= 0xe0) continue;
      if (byte < 0x90) pending += (byte & 0x0f) * 2;
      else if (byte < 0xa0) pending += byte & 0x0f;
      else if (byte < 0xc0) at += byte & 0x1f;
      else if (byte < 0xc4) continue;
      else if (byte < 0xc7) at += sized(view, at, 1 << (byte - 0xc4));
      else if (byte < 0xca)
        at = extension(view, at + (1 << (byte - 0xc7)), length(view, at, 1 << (byte - 0xc7)), onExtension);
      else if (byte < 0xcc) at += byte === 0xca ? 4 : 8;
      else if (byte < 0xd4) at += 1 << (byte & 0x03);
      else if (byte < 0xd9) at = extension(view, at, 1 << (byte - 0xd4), onExtension);
      else if (byte < 0xdc) at += sized(view, at, 1 << (byte - 0xd9));
      else {
        const size = (byte & 1) === 0 ? 2 : 4;
        pending += length(view, at, size) * (byte < 0xde ? 1 : 2);
        at += size;
      }
      if (at > data.length) throw new RangeError();
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new PolyprocError("Malformed", "the payload's msgpack is truncated; check the sender's encoder");
  }
  return at;
}

/**
 * Returns where the elements of an array begin, and the announced number of them. Throws Malformed if the value is not
 * an array.
 */
export function arrayHead(data: Uint8Array): { at: number; count: number } {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const byte = data[0] ?? 0;
  if (byte >= 0x90 && byte < 0xa0) return { at: 1, count: byte & 0x0f };
  if (byte === 0xdc && data.length >= 3) return { at: 3, count: view.getUint16(1) };
  if (byte === 0xdd && data.length >= 5) return { at: 5, count: view.getUint32(1) };
  throw new PolyprocError("Malformed", "the payload's msgpack must be a list; check the sender's encoder");
}

/** Whether the value is a blob, which only one language can open. */
export function isBlob(data: Uint8Array): boolean {
  const byte = data[0] ?? 0;
  // The type byte follows at once in an extension of 1, 2, 4, 8 or 16 bytes, and after the length in all others.
  const typeAt = byte >= 0xd4 && byte <= 0xd8 ? 1 : byte >= 0xc7 && byte <= 0xc9 ? 1 + (1 << (byte - 0xc7)) : null;
  return typeAt !== null && data[typeAt] === extensions.blob;
}

function length(view: DataView, at: number, size: number): number {
  return size === 1 ? view.getUint8(at) : size === 2 ? view.getUint16(at) : view.getUint32(at);
}

/** Size of a length field together with the bytes that it announces. */
function sized(view: DataView, at: number, size: number): number {
  return size + length(view, at, size);
}

function extension(view: DataView, at: number, size: number, onExtension?: OnExtension): number {
  const end = at + 1 + size;
  if (end > view.byteLength) throw new RangeError();
  onExtension?.(view.getInt8(at), at + 1, end);
  return end;
}
