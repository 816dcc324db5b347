const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

const digitOf = new Int16Array(128).fill(-1);
for (let digit = 0; digit < 64; digit++) digitOf[alphabet.charCodeAt(digit)] = digit;

const equalsSign = 61;
/** A multiple of 4; few enough arguments for one call of `String.fromCharCode`. */
const pieceLength = 8192;

/** Standard base64 (RFC 4648 section 4) with padding, of any length. */
export function toBase64(data: Uint8Array): string {
  let text = "";
  const piece = new Uint8Array(Math.min(pieceLength, Math.ceil(data.length / 3) * 4));
  let used = 0;
  for (let at = 0; at < data.length; at += 3) {
    const left = data.length - at;
    const bits = (data[at]! << 16) | ((data[at + 1] ?? 0) << 8) | (data[at + 2] ?? 0);
    piece[used++] = alphabet.charCodeAt(bits >> 18);
    piece[used++] = alphabet.charCodeAt((bits >> 12) & 63);
    piece[used++] = left > 1 ? alphabet.charCodeAt((bits >> 6) & 63) : equalsSign;
    piece[used++] = left > 2 ? alphabet.charCodeAt(bits & 63) : equalsSign;
    if (used === pieceLength) {
      text += String.fromCharCode.apply(null, piece as unknown as number[]);
      used = 0;
    }
  }
  return text + String.fromCharCode.apply(null, piece.subarray(0, used) as unknown as number[]);
}

/** The bytes, or undefined when it is not standard base64; padding may be left out. */
export function fromBase64(text: string): Uint8Array | undefined {
  let digits = text.length;
  if (digits % 4 === 0) {
    if (text.endsWith("==")) digits -= 2;
    else if (text.endsWith("=")) digits -= 1;
  }
  if (digits % 4 === 1) return undefined;
  const data = new Uint8Array(Math.floor((digits * 3) / 4));
  let bits = 0;
  let at = 0;
  for (let i = 0; i < digits; i++) {
    const code = text.charCodeAt(i);
    const digit = code < 128 ? digitOf[code]! : -1;
    if (digit < 0) return undefined;
    bits = ((bits << 6) | digit) & 0xffffff;
    if (i % 4 === 1) data[at++] = bits >> 4;
    else if (i % 4 === 2) data[at++] = bits >> 2;
    else if (i % 4 === 3) data[at++] = bits;
  }
  return data;
}
