import { readdirSync, readFileSync } from "node:fs";

/** The text of a file of a project or a tool; null if it cannot be read. */
export function read(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

/** The names in a folder, in order; none if it cannot be read. */
export function entries(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}
