import { PolyprocError } from "../../protocol/errors.js";

/** Longest header in bytes, with its empty line. */
export const maxHeaderBytes = 8 * 1024;

/** The length of the body, from the lines of a header without the empty line. Throws Malformed. */
export function parseHeader(text: string): number {
  let length: number | null = null;
  for (const line of text.split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon <= 0) throw malformed(`the line ${shown(line)} is not "Name: value"`);
    const name = line.slice(0, colon).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (name === "content-length") {
      if (!/^\d{1,15}$/.test(value)) throw malformed(`Content-Length is ${shown(value)}, not a number of bytes`);
      if (length !== null && length !== Number(value)) throw malformed("there are two Content-Lengths");
      length = Number(value);
    } else if (name === "content-type") {
      const charset = /charset\s*=\s*"?([^";\s]*)/i.exec(value)?.[1];
      if (charset !== undefined && !/^utf-?8$/i.test(charset))
        throw malformed(`the charset ${shown(charset)} is not supported, only utf-8`);
    }
  }
  if (length === null) throw malformed("there is no Content-Length");
  return length;
}

export function malformed(trouble: string): PolyprocError {
  return new PolyprocError(
    "Malformed",
    `bad header: ${trouble}; expected "Content-Length: <bytes>\\r\\n\\r\\n" before each body`,
  );
}

function shown(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
