import { readdir, type Dirent } from "node:fs";
import { rawPath } from "../../../cache/raw-path.js";
import { bytesToText } from "../../../protocol/escaped-text.js";

type Listed = (error: NodeJS.ErrnoException | null, entries?: Dirent[]) => void;

/** As `fs.readdir` for a glob. Bytes of names that are not UTF-8 are escaped, where Node would lose them. */
export function readFolder(path: string, _options: unknown, listed: Listed): void {
  readdir(rawPath(path), { withFileTypes: true, encoding: "buffer" }, (error, entries) => {
    if (error) listed(error);
    else listed(null, entries.map((entry) => Object.assign(entry, { name: bytesToText(entry.name) })) as Dirent[]);
  });
}
