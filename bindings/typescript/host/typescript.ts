import { PolyprocError } from "../../../protocol/errors.js";

export function isTypescript(url: string): boolean {
  return /\.[mc]?tsx?(?:$|[?#])/.test(url);
}

/** Explains that Node cannot load a TypeScript module. Undefined if the error has another cause. */
export function explainTypescript(url: string, file: string, error: unknown): PolyprocError | undefined {
  if ((error as NodeJS.ErrnoException).code !== "ERR_UNKNOWN_FILE_EXTENSION" || !/"\.[mc]?tsx?"/.test(String(error)))
    return undefined;
  const what = isTypescript(url) ? `${file} is` : `${file} imports`;
  return new PolyprocError(
    "TargetNotFound",
    `${what} a TypeScript module, which Node ${process.version} cannot load by itself. ` +
      "Use Node 22.18 or later, or install tsx beside it (npm install --save-dev tsx), or name the compiled .js " +
      "module",
    { module: url },
  );
}
