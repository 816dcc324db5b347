import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hasRawBytes } from "../../../protocol/escaped-text.js";
import type { CommandResult } from "../../../protocol/target.js";

/** Where the outputs of commands are kept, as files. */
export interface OutputFiles {
  /** Keeps both streams of an item's command. Returns the path of the file with its standard output. */
  keep(index: number, fields: readonly string[], output: CommandResult): string;
}

/** Longest name that every file system takes, in bytes. */
const longestName = 255;

/** A folder for each item: `1/FIRST FIELD/2/SECOND FIELD`, with the header's names in place of the numbers. */
export class ResultsFolder implements OutputFiles {
  readonly #folder: string;
  readonly #names: readonly string[];

  constructor(folder: string, names: readonly string[]) {
    this.#folder = folder;
    this.#names = names;
    mkdirSync(folder, { recursive: true });
  }

  keep(index: number, fields: readonly string[], output: CommandResult): string {
    const parts = fields.flatMap((field, i) => [
      fileName(this.#names[i] ?? String(i + 1), index),
      fileName(field, index),
    ]);
    const folder = join(this.#folder, ...parts);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "seq"), String(index + 1));
    store(join(folder, "stderr"), output.stderr, output.stderrFile);
    return store(join(folder, "stdout"), output.stdout, output.stdoutFile);
  }
}

/** Files in a new folder below TMPDIR. */
export class TemporaryFiles implements OutputFiles {
  #folder: string | null = null;

  keep(index: number, _fields: readonly string[], output: CommandResult): string {
    this.#folder ??= mkdtempSync(join(tmpdir(), "polyproc-files-"));
    store(join(this.#folder, `${index + 1}.err`), output.stderr, output.stderrFile);
    return store(join(this.#folder, String(index + 1)), output.stdout, output.stdoutFile);
  }
}

function store(path: string, text: string, file: string | undefined): string {
  // Files that an earlier run left may be read-only.
  rmSync(path, { force: true });
  if (file === undefined) writeFileSync(path, text);
  else {
    copyFileSync(file, path);
    // The copy has the mode of the server's file, which is private.
    chmodSync(path, 0o666 & ~process.umask());
    rmSync(file, { force: true });
  }
  return path;
}

/** The text as a name, as GNU parallel writes it. What cannot be a name is replaced by the item's position. */
function fileName(text: string, index: number): string {
  const name = text.replace(/[\\\t\0/]/g, (found) => ({ "\\": "\\\\", "\t": "\\t", "\0": "\\0" })[found] ?? "\\_");
  return name === "" || name === "." || name === ".." || hasRawBytes(name) || Buffer.byteLength(name) > longestName
    ? String(index + 1)
    : name;
}
