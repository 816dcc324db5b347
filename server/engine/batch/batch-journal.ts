import type { StoredEntry, StoredSettings } from "../../../protocol/batch-record.js";
import { PolyprocError } from "../../../protocol/errors.js";
import type { Guard } from "../guard.js";
import type { BatchStore, Stored } from "./batch-store.js";

const maxNotices = 20;

/** Stores the changes of the queue. What cannot be stored holds until the server ends, and a notice says so. */
export class BatchJournal {
  readonly #guard: Guard;
  readonly #store: BatchStore;
  readonly #onNotice: () => void;
  /** Faults of the files, for people. */
  readonly notices: string[] = [];
  #last = 0;
  /** Numbers of the changes that are being stored, in their order. */
  readonly #open = new Set<number>();
  /** `upTo`: the last change that is to be stored before. */
  readonly #waiting: { readonly upTo: number; readonly then: () => void }[] = [];

  constructor(guard: Guard, store: BatchStore, onNotice: () => void) {
    this.#guard = guard;
    this.#store = store;
    this.#onNotice = onNotice;
  }

  /** Stores a new entry. `stored`: with the error for its client, if it cannot be stored. */
  add(record: StoredEntry, stored: (error: PolyprocError | null) => void): void {
    const done = this.#guarded((error) => {
      if (error) this.#store.removeEntry(record.entry, () => {});
      stored(error && this.#unstored(error));
    });
    this.#store.saveEntry(record, done);
  }

  save(record: StoredEntry, stored: Stored = () => {}): void {
    const done = this.#guarded((error) => {
      if (error) this.tell(`entry ${record.entry} could not be stored (${record.state}): ${error.message}`);
      stored(error);
    });
    this.#store.saveEntry(record, done);
  }

  saveSettings(settings: StoredSettings): void {
    const done = this.#guarded((error) => {
      if (error) this.tell(`the groups could not be stored: ${error.message}`);
    });
    this.#store.saveSettings(settings, done);
  }

  remove(entry: number): void {
    const done = this.#guarded((error) => {
      if (error) this.tell(`entry ${entry} could not be removed: ${error.message}`);
    });
    this.#store.removeEntry(entry, done);
  }

  /** Calls `then` once all changes so far are stored, or could not be. */
  whenStored(then: () => void): void {
    this.#waiting.push({ upTo: this.#last, then });
    this.#tellStored();
  }

  tell(notice: string): void {
    this.notices.push(notice);
    if (this.notices.length > maxNotices) this.notices.shift();
    this.#onNotice();
  }

  #guarded(then: Stored): Stored {
    const number = ++this.#last;
    this.#open.add(number);
    return (error) => {
      this.#guard.run(null, () => then(error));
      this.#open.delete(number);
      this.#tellStored();
    };
  }

  #tellStored(): void {
    const [oldest = Infinity] = this.#open;
    while (this.#waiting.length > 0 && this.#waiting[0]!.upTo < oldest)
      this.#guard.run(null, this.#waiting.shift()!.then);
  }

  #unstored(error: Error): PolyprocError {
    return new PolyprocError(
      "BadState",
      `nothing was added: the queue cannot be stored in ${this.#store.folder} (${error.message}); check that the ` +
        "disk is not full, and that the folder can be written to",
    );
  }
}
