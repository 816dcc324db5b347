/** Short texts repeat: method names, keys, handles. They are cached. */
const cachedTextBytes = 32;
const cacheSize = 2048;
const cachedText: (string | undefined)[] = new Array<string | undefined>(cacheSize);

/** The text of the bytes from `from` to `to` if they are few and ASCII; null: they have to be decoded. */
export function shortText(source: Buffer, from: number, to: number): string | null {
  const length = to - from;
  if (length > cachedTextBytes) return null;
  let hash = length;
  for (let at = from; at < to; at++) {
    const byte = source[at]!;
    if (byte > 0x7f) return null;
    hash = (Math.imul(hash, 31) + byte) | 0;
  }
  const slot = (hash ^ (hash >>> 15)) & (cacheSize - 1);
  const cached = cachedText[slot];
  if (cached !== undefined && cached.length === length && isSameText(cached, source, from)) return cached;
  return (cachedText[slot] = source.toString("latin1", from, to));
}

function isSameText(text: string, source: Buffer, from: number): boolean {
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) !== source[from + i]) return false;
  }
  return true;
}
