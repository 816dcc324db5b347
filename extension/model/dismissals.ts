import type { ProcessInfo } from "../../protocol/process.js";

/** How many are remembered: the server remembers as many ended processes. */
const most = 500;

/** Where they are stored: the workspace's memory, so that a window that reloads knows them. */
export interface DismissalStore {
  get(): readonly string[];
  set(keys: readonly string[]): void;
}

/** The ended processes that the user has dismissed. */
export class Dismissals {
  readonly #store: DismissalStore;
  readonly #keys: Set<string>;

  constructor(store: DismissalStore) {
    this.#store = store;
    this.#keys = new Set(store.get());
  }

  has(process: ProcessInfo): boolean {
    return this.#keys.has(keyOf(process));
  }

  add(processes: readonly ProcessInfo[]): void {
    for (const process of processes) this.#keys.add(keyOf(process));
    for (const key of this.#keys) {
      if (this.#keys.size <= most) break;
      this.#keys.delete(key);
    }
    this.#store.set([...this.#keys]);
  }
}

/** Another server counts handles from the beginning; the time tells its processes apart. */
function keyOf({ process, startedAt }: ProcessInfo): string {
  return `${process} ${startedAt}`;
}
