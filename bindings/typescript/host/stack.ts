const hostFolder = new URL(".", import.meta.url).href;
const ourFolder = new URL("..", import.meta.url).href;
let shown: string | undefined;

/** Whether the line is a frame of this package. */
export function isOurFrame(line: string): boolean {
  return line.includes(ourFolder) || isBelow(line, "");
}

function isHostFrame(line: string): boolean {
  return line.includes(hostFolder) || isBelow(line, "host/");
}

/** Whether the frame is in this folder of the package, as stacks show it: with source maps, among its sources. */
function isBelow(line: string, folder: string): boolean {
  shown ??= /(?:\(|at )([^()\n]*[\\/])host[\\/]stack\.\w+:/.exec(new Error("where am I?").stack ?? "")?.[1] ?? "";
  return shown !== "" && line.includes(shown + folder);
}

/** Cuts the host's own frames and those of Node's inside from a stack: they do not help the user. */
export function withoutHost(stack: string): string {
  const frames = stack.indexOf("\n    at ");
  if (frames === -1) return stack;
  const lines = stack.slice(frames + 1).split("\n");
  const host = lines.findIndex(isHostFrame);
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
