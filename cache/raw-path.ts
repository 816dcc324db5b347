import { hasRawBytes, textToBytes } from "../protocol/escaped-text.js";

/** A path as the file system takes it: bytes that are not UTF-8 are escaped in its text. */
export function rawPath(path: string): string | Buffer {
  return hasRawBytes(path) ? Buffer.from(textToBytes(path)) : path;
}
