import { closeSync, existsSync, openSync, readFileSync, writeSync } from "node:fs";

/**
 * One line of a program's log. `at` and `from`: nanoseconds of the system's monotonic clock, which all processes share.
 */
export interface LogRecord {
  at: number;
  pid: number;
  /** What happened, such as `acquire`, `put`, `error`, `violation`, `end`. */
  op: string;
  /** For an operation that takes time: when it was called. */
  from?: number;
  [detail: string]: unknown;
}

export function now(): number {
  return Number(process.hrtime.bigint());
}

/**
 * Appends one line at a time, so that several processes can share the file and a kill costs nothing that was written.
 */
export class Log {
  readonly path: string;
  readonly #fd: number;

  constructor(path: string) {
    this.path = path;
    this.#fd = openSync(path, "a");
  }

  write(op: string, details: Record<string, unknown> = {}): void {
    writeSync(this.#fd, `${JSON.stringify({ at: now(), pid: process.pid, op, ...details })}\n`);
  }

  /**
   * Calls `action`, and writes one line before it and one after it, with its result. Errors are written, and thrown.
   */
  async timed<T>(
    op: string,
    details: Record<string, unknown>,
    action: () => Promise<T>,
    told: (result: T) => Record<string, unknown>,
  ): Promise<T> {
    const from = now();
    this.write(`${op}?`, { ...details, from });
    const result = await action();
    this.write(op, { ...details, from, ...told(result) });
    return result;
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/** All whole lines, in the order in which they were written. */
export function readLog(path: string): LogRecord[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, "utf8").split("\n");
  lines.pop();
  return lines.map((line) => JSON.parse(line) as LogRecord);
}
