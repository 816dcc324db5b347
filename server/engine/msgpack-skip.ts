import { PolyprocError } from "../../protocol/errors.js";
import { extensions } from "../../protocol/value-forms.js";

/** Called for each extension value: its type, and where its data begins and ends. */
type OnExtension = (type: number, from: number, to: number) => void;

/**
 * Where the msgpack value ends that begins at `at`. Makes nothing of what it passes over, and takes no stack for what is nested. Fails
 * with Malformed when the bytes end before the value does.
 */
export function endOfValue(data: Uint8Array, at: number, onExtension?: OnExtension): number {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  try {
    for (let left = 1; left > 0; left--) {
      const byte = view.getUint8(at++);
      if (byte < 0x80 || byte >= 0xe0) continue;
      if (byte < 0x90) left += (byte & 0x0f) * 2;
      else if (byte < 0xa0) left += byte & 0x0f;
      else if (byte < 0xc0) at += byte & 0x1f;
      else if (byte < 0xc4) continue;
      else if (byte < 0xc7) at += sized(view, at, 1 << (byte - 0xc4));
      else if (byte < 0xca) at = extension(view, at + (1 << (byte - 0xc7)), length(view, at, 1 << (byte - 0xc7)), onExtension);
      else if (byte < 0xcc) at += byte === 0xca ? 4 : 8;
      else if (byte < 0xd4) at += 1 << (byte & 0x03);
      else if (byte < 0xd9) at = extension(view, at, 1 << (byte - 0xd4), onExtension);
      else if (byte < 0xdc) at += sized(view, at, 1 << (byte - 0xd9));
      else {
        const size = (byte & 1) === 0 ? 2 : 4;
        left += length(view, at, size) * (byte < 0xde ? 1 : 2);
        at += size;
      }
      if (at > data.length) throw new RangeError();
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new PolyprocError("Malformed", "the payload's msgpack is truncated; check the encoder of whoever sent it");
  }
  return at;
}

/** Where a value's array begins its elements, and how many it announces. Fails with Malformed when it is no array. */
export function arrayHead(data: Uint8Array): { at: number; count: number } {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const byte = data[0] ?? 0;
  if (byte >= 0x90 && byte < 0xa0) return { at: 1, count: byte & 0x0f };
  if (byte === 0xdc && data.length >= 3) return { at: 3, count: view.getUint16(1) };
  if (byte === 0xdd && data.length >= 5) return { at: 5, count: view.getUint32(1) };
  throw new PolyprocError("Malformed", "a list was expected, and the payload's msgpack is none; check the encoder of whoever sent it");
}

/** Whether the value is one that is private to a language. */
export function isBlob(data: Uint8Array): boolean {
  const byte = data[0] ?? 0;
  // An extension of 1 to 16 bytes has its type next, a longer one after its length.
  const typeAt = byte >= 0xd4 && byte <= 0xd8 ? 1 : byte >= 0xc7 && byte <= 0xc9 ? 1 + (1 << (byte - 0xc7)) : null;
  return typeAt !== null && data[typeAt] === extensions.blob;
}

function length(view: DataView, at: number, size: number): number {
  return size === 1 ? view.getUint8(at) : size === 2 ? view.getUint16(at) : view.getUint32(at);
}

/** Of a length and what it announces. */
function sized(view: DataView, at: number, size: number): number {
  return size + length(view, at, size);
}

function extension(view: DataView, at: number, size: number, onExtension?: OnExtension): number {
  const end = at + 1 + size;
  if (end > view.byteLength) throw new RangeError();
  onExtension?.(view.getInt8(at), at + 1, end);
  return end;
}
