import { closeSync, constants, fsyncSync, openSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { join } from "node:path";

/** Ends the names of files that are being written. */
export const unfinished = ".new";

/** Files of a folder that are replaced as a whole: after a crash each has its old or its new content. */
export class SavedFiles {
  readonly #folder: string;
  /** The last change of each file. The next one waits for it. */
  readonly #last = new Map<string, Promise<void>>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** `done`: called when the content is on the disk, or with the error. */
  save(name: string, text: string, done: (error: Error | null) => void): void {
    this.#next(name, () => this.#write(name, text), done);
  }

  remove(name: string, done: (error: Error | null) => void): void {
    this.#next(name, () => rm(join(this.#folder, name), { force: true }), done);
  }

  /** Resolves when all changes so far are done. */
  async settled(): Promise<void> {
    await Promise.all(this.#last.values());
  }

  #next(name: string, change: () => Promise<void>, done: (error: Error | null) => void): void {
    const after = (failure: Error | null) => {
      if (this.#last.get(name) === mine) this.#last.delete(name);
      done(failure);
    };
    const mine: Promise<void> = (this.#last.get(name) ?? Promise.resolve()).then(change).then(
      () => after(null),
      (failure: Error) => after(failure),
    );
    this.#last.set(name, mine);
  }

  async #write(name: string, text: string): Promise<void> {
    const path = join(this.#folder, name);
    const temporary = `${path}${unfinished}`;
    try {
      const file = await open(temporary, "w", 0o600);
      try {
        await file.writeFile(text);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => {});
      throw error;
    }
    await syncFolder(this.#folder);
  }
}

/** The new name of a file is on the disk only when its folder is. */
async function syncFolder(folder: string): Promise<void> {
  const file = await open(folder, constants.O_RDONLY);
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** For a file that was renamed in the folder while the server starts. */
export function syncFolderNow(folder: string): void {
  const descriptor = openSync(folder, constants.O_RDONLY);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
