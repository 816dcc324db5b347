import { readFileSync } from "node:fs";

/**
 * Tells whether the kernel's out-of-memory killer killed a process: it counts its kills before it sends the signal. The
 * count is that of the server's own control group, where its children are, or else that of the system.
 */
export class OomCounter {
  readonly #files: readonly string[];
  /** The counts of the last look and of the one before: a kill just before a look may be told after it. */
  #last: number | null = null;
  #before: number | null = null;

  constructor(files: readonly string[] = counterFiles()) {
    this.#files = files;
  }

  look(): void {
    this.#before = this.#last;
    this.#last = this.#read();
    this.#before ??= this.#last;
  }

  /** Whether there was a kill, since the look before the last, that no process was charged with. Null: not known. */
  take(): boolean | null {
    const now = this.#read();
    if (now === null || this.#before === null) return null;
    if (now <= this.#before) return false;
    this.#before++;
    if (this.#last !== null && this.#last < this.#before) this.#last = this.#before;
    return true;
  }

  #read(): number | null {
    for (const file of this.#files) {
      try {
        const count = /^oom_kill (\d+)$/m.exec(readFileSync(file, "latin1"))?.[1];
        if (count !== undefined) return Number(count);
      } catch {
        // This system keeps the count elsewhere.
      }
    }
    return null;
  }
}

/** Version 2 of control groups, version 1, and the count of the whole system. */
function counterFiles(): string[] {
  let groups = "";
  try {
    groups = readFileSync("/proc/self/cgroup", "latin1");
  } catch {
    // Not Linux.
  }
  const second = /^0::(.*)$/m.exec(groups)?.[1];
  const first = /^\d+:(?:[^:\n]*,)?memory(?:,[^:\n]*)?:(.*)$/m.exec(groups)?.[1];
  return [
    ...(first === undefined ? [] : [`/sys/fs/cgroup/memory${first}/memory.oom_control`]),
    ...(second === undefined ? [] : [`/sys/fs/cgroup${second}/memory.events`]),
    "/proc/vmstat",
  ];
}
