import type { Handle } from "../../../protocol/payload.js";

/** Bytes that are not copied into the payload's data: they belong before `data[at]`. */
export interface Part {
  at: number;
  bytes: Uint8Array;
}

export interface Encoded {
  /** Never overwritten; may share its buffer with other payloads. */
  data: Buffer;
  handles: Handle[] | null;
  /** In order. They are memory of the caller's, which may change it after this turn. */
  parts: Part[] | null;
}

/** The bytes of a payload in order. None is copied. */
export function piecesOf({ data, parts }: Encoded): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let from = 0;
  for (const { at, bytes } of parts ?? []) {
    pieces.push(data.subarray(from, at), bytes);
    from = at;
  }
  pieces.push(data.subarray(from));
  return pieces.filter(({ length }) => length > 0);
}

export function bytesOf({ data, parts }: Encoded): number {
  return (parts ?? []).reduce((sum, { bytes }) => sum + bytes.length, data.length);
}
