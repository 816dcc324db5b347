import { readFileSync } from "node:fs";

/** Counts the words, lines and characters of a text file. */
export function countWords(path) {
  const text = readFileSync(path, "utf8");
  const words = text.match(/\p{L}+/gu) ?? [];
  return { words: words.length, lines: text.split("\n").length - 1, characters: text.length };
}

/** The most frequent words of a text file. */
export function mostUsed(path, count = 5) {
  const counts = new Map();
  const text = readFileSync(path, "utf8").toLowerCase();
  for (const [word] of text.matchAll(/\p{L}{4,}/gu)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]).slice(0, count).map(([word, times]) => `${word} ${times}`);
}
