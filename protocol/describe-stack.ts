import { oneLine } from "./one-line.js";
import type { StackFrame, StackReading } from "./stack.js";

/** Texts for the second sample, `ms` milliseconds after the first. */
export interface StackWords {
  moved(ms: number): string;
  same(ms: number): string;
}

const english: StackWords = {
  moved: (ms) => `${ms} ms later:`,
  same: (ms) => `${ms} ms later: at the same place`,
};

/** Where a process is, in lines for people: a heading, what explains it, and the frames of each thread. */
export function describeStack(
  heading: string,
  { samples, note }: StackReading,
  explanations: readonly string[],
  words: StackWords = english,
): string[] {
  const texts = samples.map(({ threads }) =>
    threads
      .filter(({ frames }) => frames.length > 0)
      .flatMap(({ name, frames }) => [`  ${oneLine(name)}`, ...frames.map((frame) => `    ${frameText(frame)}`)]),
  );
  const [first, ...later] = texts;
  return [
    heading,
    ...explanations.map((text) => `  ${text}`),
    ...(note === null ? [] : [`  ${oneLine(note)}`]),
    ...(first ?? []),
    ...later.flatMap((text, i) => {
      const ms = Math.round(samples[i + 1]!.at - samples[0]!.at);
      if (text.join("\n") !== first!.join("\n")) return [`  ${words.moved(ms)}`, ...text];
      return text.length === 0 ? [] : [`  ${words.same(ms)}`];
    }),
  ];
}

/** `inner (/home/ada/report.js:4:7)`. */
function frameText({ function: name, file, line, column }: StackFrame): string {
  const place = [file ?? "unknown", ...(line === null ? [] : [line, ...(column === null ? [] : [column])])].join(":");
  return oneLine(`${name === "" ? "(anonymous)" : name} (${place})`);
}
