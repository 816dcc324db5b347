/** Control characters, and characters that change the direction or the lines of the text around them. */
const unsafe = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/**
 * A file's name as text that can be shown on a terminal: bytes that are not UTF-8 become `\xff`, and a character that
 * would move the cursor, begin a line or hide other text becomes its escape (`\n`, `\u001b`).
 */
export function printable(name: Buffer): string {
  return decoded(name).replaceAll(unsafe, escaped);
}

function decoded(bytes: Buffer): string {
  const text = bytes.toString();
  if (Buffer.from(text).equals(bytes)) return text;
  let result = "";
  for (let at = 0; at < bytes.length;) {
    const length = characterAt(bytes, at);
    result += length > 0 ? bytes.toString("utf8", at, at + length) : `\\x${bytes[at]!.toString(16).padStart(2, "0")}`;
    at += Math.max(1, length);
  }
  return result;
}

/** How many bytes the character at this place has; 0 if it is not valid UTF-8. */
function characterAt(bytes: Buffer, at: number): number {
  const first = bytes[at]!;
  const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  const part = bytes.subarray(at, at + length);
  return part.length === length && Buffer.from(part.toString()).equals(part) ? length : 0;
}

function escaped(character: string): string {
  if (character === "\n") return "\\n";
  if (character === "\r") return "\\r";
  if (character === "\t") return "\\t";
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
