import type { OutputLine } from "../../protocol/process.js";

export type Stream = "stdout" | "stderr";

/**
 * Some successive lines of one stream of a process. Output is stored and counted as bytes. Lines are made only for
 * readers, because a program can write millions of short ones.
 */
export interface OutputSegment extends Omit<OutputLine, "line" | "text"> {
  /** Number of the first line. */
  firstLine: number;
  lineCount: number;
  /** Whole lines with their line ends; with `partial`, one piece of a line. */
  bytes: Uint8Array;
}

declare class TextDecoder {
  constructor(encoding: string, options: { ignoreBOM: boolean });
  decode(data: Uint8Array): string;
}
/** It keeps a byte order mark: text is told as it was written. */
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

const newline = 10;
/** What a segment takes beside its bytes, roughly. */
const segmentBytes = 160;
/** Added for each line. It bounds the answers that have lines of a few bytes. */
const lineBytes = 16;

export function weight({ bytes, lineCount }: OutputSegment): number {
  return bytes.length + segmentBytes + lineBytes * lineCount;
}

/** Text of each line, without its line end. Bytes that are not UTF-8 become U+FFFD. */
export function textsOf({ bytes, partial }: OutputSegment): string[] {
  const text = utf8.decode(bytes);
  if (partial) return [text];
  const texts = text.split("\n");
  texts.pop();
  return texts.map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line));
}

export function linesOf(segment: OutputSegment): OutputLine[] {
  const { process, pid, stream, partial, task, firstLine } = segment;
  return textsOf(segment).map((text, i) => ({ process, pid, stream, line: firstLine + i, text, partial, task }));
}

export function countLines(bytes: Uint8Array): number {
  let count = 0;
  for (let i = 0; i < bytes.length; i++) if (bytes[i] === newline) count++;
  return count;
}
