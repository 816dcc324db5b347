import { readdir, type Dirent } from "node:fs";
import { bytesToText, hasRawBytes, textToBytes } from "../../../protocol/escaped-text.js";

type Listed = (error: NodeJS.ErrnoException | null, entries?: Dirent[]) => void;

/** A path as the file system takes it: bytes that are not UTF-8 are escaped in its text. */
export function rawPath(path: string): string | Buffer {
  return hasRawBytes(path) ? Buffer.from(textToBytes(path)) : path;
}

/** As `fs.readdir` for a glob. Bytes of names that are not UTF-8 are escaped, where Node would lose them. */
export function readFolder(path: string, _options: unknown, listed: Listed): void {
  readdir(rawPath(path), { withFileTypes: true, encoding: "buffer" }, (error, entries) => {
    if (error) listed(error);
    else listed(null, entries.map((entry) => Object.assign(entry, { name: bytesToText(entry.name) })) as Dirent[]);
  });
}
