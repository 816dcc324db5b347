import { fileURLToPath } from "node:url";

/** The folder of the package, seen from the compiled test. */
export const root = fileURLToPath(new URL("../../", import.meta.url));

/** Path of a file in `test/fixtures`. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`../../test/fixtures/${name}`, import.meta.url));
}

/** Path of a compiled file, by its source's path without the ending: `compiled("server/main")`. */
export function compiled(source: string): string {
  return fileURLToPath(new URL(`../${source}.js`, import.meta.url));
}
