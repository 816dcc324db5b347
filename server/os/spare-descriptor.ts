import { closeSync, openSync } from "node:fs";
import { devNull } from "node:os";

/**
 * A descriptor in reserve. A server that has used up all others must still be able to read `/proc`; otherwise it could
 * not end a process tree.
 */
let spare: number | null = null;

/**
 * Runs `action`. If that fails because no descriptor is free, closes the spare one and runs it again. `action` may use
 * one descriptor at a time.
 */
export function withSpareDescriptor<T>(action: () => T): T {
  spare ??= open();
  try {
    return action();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (spare === null || (code !== "EMFILE" && code !== "ENFILE")) throw error;
  }
  closeSync(spare);
  spare = null;
  try {
    return action();
  } finally {
    spare = open();
  }
}

function open(): number | null {
  try {
    return openSync(devNull, "r");
  } catch {
    return null;
  }
}
