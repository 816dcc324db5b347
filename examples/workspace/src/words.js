import { readFileSync } from "node:fs";

/** How many words, lines and characters a text file has. */
export function countWords(path) {
  const text = readFileSync(path, "utf8");
  const words = text.match(/\p{L}+/gu) ?? [];
  return { words: words.length, lines: text.split("\n").length - 1, characters: text.length };
}

/** The words that a text file uses most. */
export function mostUsed(path, count = 5) {
  const counts = new Map();
  for (const [word] of readFileSync(path, "utf8").toLowerCase().matchAll(/\p{L}{4,}/gu)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]).slice(0, count).map(([word, times]) => `${word} ${times}`);
}
