import { readFileSync } from "node:fs";

export interface Readability {
  wordsPerSentence: number;
  lettersPerWord: number;
}

/** How long the sentences and the words of a text file are, on average. Node 22.18 or later runs it as it is. */
export function readability(path: string): Readability {
  const text = readFileSync(path, "utf8");
  const sentences = text.split(/[.!?]+\s/).filter((sentence) => sentence.trim() !== "");
  const words = text.match(/\p{L}+/gu) ?? [];
  const letters = words.reduce((sum, word) => sum + word.length, 0);
  return { wordsPerSentence: round(words.length / sentences.length), lettersPerWord: round(letters / words.length) };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
