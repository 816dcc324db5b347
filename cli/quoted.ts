import { hasRawBytes, textToBytes } from "../protocol/escaped-text.js";

/** The command line as one could type it into a shell. Control characters and bytes that are not UTF-8 need bash. */
export function quoted(words: readonly string[]): string {
  return words.map(quotedWord).join(" ");
}

function quotedWord(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  // eslint-disable-next-line no-control-regex
  if (!hasRawBytes(word) && !/[\x00-\x1f\x7f]/.test(word)) return `'${word.replaceAll("'", `'\\''`)}'`;
  return `$'${Array.from(word, escapedCharacter).join("")}'`;
}

const letters: Record<string, string> = { "\n": "\\n", "\t": "\\t", "\r": "\\r", "'": "\\'", "\\": "\\\\" };

function escapedCharacter(character: string): string {
  const letter = letters[character];
  if (letter !== undefined) return letter;
  const isPrintable = character >= " " && character !== "\x7f" && !hasRawBytes(character);
  return isPrintable ? character : `\\x${textToBytes(character)[0]!.toString(16).padStart(2, "0")}`;
}
