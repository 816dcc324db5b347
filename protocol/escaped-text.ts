// The platform's own, declared here because the wire compiles without any platform's types.
declare class TextEncoder {
  encode(text: string): Uint8Array;
}

const utf8 = new TextEncoder();
/** With the flag u it matches only halves that have no partner. */
const escaped = /[\udc80-\udcff]/u;

/** Whether the text has bytes that are not UTF-8. */
export function hasRawBytes(text: string): boolean {
  return escaped.test(text);
}

/**
 * The bytes as text. A byte that is not UTF-8 becomes the lone surrogate U+DC00 + byte, as in Python (PEP 383), so
 * names of files pass through unharmed.
 */
export function bytesToText(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length;) {
    const length = lengthOfCharacter(bytes, at);
    text += length === 0 ? String.fromCharCode(0xdc00 + bytes[at]!) : characterAt(bytes, at, length);
    at += Math.max(1, length);
  }
  return text;
}

/** The bytes that `bytesToText` made into this text. */
export function textToBytes(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const character of text)
    if (escaped.test(character)) bytes.push(character.charCodeAt(0) - 0xdc00);
    else bytes.push(...utf8.encode(character));
  return Uint8Array.from(bytes);
}

/** 0: the byte at this place begins no character. */
function lengthOfCharacter(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  const length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  for (let i = 1; i < length; i++) if ((bytes[at + i] ?? 0) >> 6 !== 0b10) return 0;
  const second = bytes[at + 1] ?? 0;
  const isTooLong = (first === 0xe0 && second < 0xa0) || (first === 0xf0 && second < 0x90);
  const isSurrogate = first === 0xed && second > 0x9f;
  const isBeyondUnicode = first === 0xf4 && second > 0x8f;
  return isTooLong || isSurrogate || isBeyondUnicode ? 0 : length;
}

function characterAt(bytes: Uint8Array, at: number, length: number): string {
  const first = bytes[at]!;
  if (length === 1) return String.fromCharCode(first);
  let code = first & (0xff >> (length + 1));
  for (let i = 1; i < length; i++) code = (code << 6) | (bytes[at + i]! & 0x3f);
  return String.fromCodePoint(code);
}
