const ourFolder = new URL("..", import.meta.url).href;
let shown: string | null = null;

/** Whether the line is a frame of this package. */
export function isOurFrame(line: string): boolean {
  return line.includes(ourFolder) || line.includes((shown ??= shownFolder()));
}

/** The package's folder as stacks show it: with source maps, that of its sources. */
function shownFolder(): string {
  const frame = new Error("where am I?").stack ?? "";
  return /(?:\(|at )([^()\n]*[\\/])host[\\/]stack\.\w+:/.exec(frame)?.[1] ?? ourFolder;
}

/** Cuts the host's own frames and those of Node's inside from a stack: they do not help the user. */
export function withoutHost(stack: string): string {
  const frames = stack.indexOf("\n    at ");
  if (frames === -1) return stack;
  const lines = stack.slice(frames + 1).split("\n");
  const host = lines.findIndex(isOurFrame);
  const kept = (host === -1 ? lines : lines.slice(0, host)).filter((line) => !isNodesFrame(line));
  return [stack.slice(0, frames), ...kept].join("\n");
}

/** Whether the line is a frame of Node's own modules. */
export function isNodesFrame(line: string): boolean {
  return line.startsWith("    at ") && line.includes("node:internal/");
}

/**
 * Cuts the frames of a syntax error's stack: they show the loader. The lines before them show the place in the source.
 */
export function withoutFrames(stack: string): string {
  const frames = stack.indexOf("\n    at ");
  return frames === -1 ? stack : stack.slice(0, frames);
}
