import { closeSync, openSync } from "node:fs";
import { devNull } from "node:os";

/** Held open so that a server whose descriptors are all in use can still look into `/proc`: without that it could not end a process tree. */
let spare: number | null = null;

/** Runs `action`; when it fails because no descriptor is free, once more with the spare one free. One descriptor at a time is enough for both. */
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
