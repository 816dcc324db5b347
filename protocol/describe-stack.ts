import { oneLine } from "./one-line.js";
import type { StackFrame, StackReading } from "./stack.js";

/** Where a process is, in lines for people: a heading, what explains it, and the frames of each thread. */
export function describeStack(
  heading: string,
  { samples, note }: StackReading,
  explanations: readonly string[],
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
      const after = `  ${Math.round(samples[i + 1]!.at - samples[0]!.at)} ms later`;
      if (text.join("\n") !== first!.join("\n")) return [`${after}:`, ...text];
      return text.length === 0 ? [] : [`${after}: at the same place`];
    }),
  ];
}

/** `inner (/home/ada/report.js:4:7)`. */
function frameText({ function: name, file, line, column }: StackFrame): string {
  const place = [file ?? "unknown", ...(line === null ? [] : [line, ...(column === null ? [] : [column])])].join(":");
  return oneLine(`${name === "" ? "(anonymous)" : name} (${place})`);
}
