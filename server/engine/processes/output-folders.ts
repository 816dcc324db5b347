import type { Session } from "../session.js";
import type { OutputFile, OutputFolder, Spawner } from "./spawner.js";

/** The folders for output of commands. A folder is removed when the session that named it ends. */
export class OutputFolders {
  readonly #spawner: Pick<Spawner, "openOutputFolder">;
  readonly #folders = new WeakMap<Session, Map<string, OutputFolder>>();

  constructor(spawner: Pick<Spawner, "openOutputFolder">) {
    this.#spawner = spawner;
  }

  /** Throws if the operating system refuses. */
  create(session: Session, path: string, name: string): OutputFile {
    let folders = this.#folders.get(session);
    if (!folders) {
      const own = (folders = new Map<string, OutputFolder>());
      this.#folders.set(session, own);
      session.onEnd(() => {
        for (const folder of own.values()) folder.remove();
      });
    }
    let folder = folders.get(path);
    if (!folder) folders.set(path, (folder = this.#spawner.openOutputFolder(path)));
    return folder.create(name);
  }
}
