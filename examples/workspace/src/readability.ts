import { readFileSync } from "node:fs";

export interface Readability {
  wordsPerSentence: number;
  lettersPerWord: number;
}

/** Average length of the sentences and words of a text file. Node 22.18 or later runs this file directly. */
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
