import { isUtf8 } from "node:buffer";
import { PolyprocError } from "../../protocol/errors.js";

/** How deep arrays and objects of a message may nest. */
const maxDepth = 512;
/** How many values one message may hold: `[]` is two bytes on the wire and fifty in memory. */
const maxValues = 1_000_000;

/**
 * Parses a body. Throws ParseError if it is not JSON in UTF-8 or nests too deeply, PayloadTooLarge at too many values.
 */
export function parseJsonBody(body: Buffer): unknown {
  if (!isUtf8(body)) throw new PolyprocError("ParseError", "the body is not valid UTF-8");
  measure(body);
  try {
    return JSON.parse(body.toString("utf8"));
  } catch (error) {
    throw new PolyprocError("ParseError", `the body is not JSON: ${(error as Error).message}`);
  }
}

/** The JSON of a message. A bigint outside payloads, which JSON cannot hold, becomes the nearest number. */
export function writeJsonBody(message: object): string {
  try {
    return JSON.stringify(message);
  } catch {
    return JSON.stringify(message, (_key, value: unknown) => (typeof value === "bigint" ? Number(value) : value));
  }
}

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/** Checks nesting and number of values before the parser allocates them. The parser checks the syntax. */
function measure(body: Buffer): void {
  let depth = 0;
  let values = 0;
  let inText = false;
  for (let at = 0; at < body.length; at++) {
    const byte = body[at]!;
    if (inText) {
      if (byte === backslash) at++;
      else if (byte === quote) inText = false;
      continue;
    }
    switch (byte) {
      case quote:
        inText = true;
        break;
      case openBracket:
      case openBrace:
        values++;
        if (++depth > maxDepth)
          throw new PolyprocError("ParseError", `arrays and objects nest deeper than ${maxDepth}`);
        break;
      case closeBracket:
      case closeBrace:
        depth--;
        break;
      case comma:
        if (++values > maxValues)
          throw new PolyprocError(
            "PayloadTooLarge",
            `the message holds more than ${maxValues} values; send it in parts`,
          );
        break;
    }
  }
}
