const hostFolder = new URL(".", import.meta.url).href;

/** Cuts the host's own frames from a stack: they do not help the user. */
export function withoutHost(stack: string): string {
  const host = stack.indexOf(hostFolder);
  return host === -1 ? stack : stack.slice(0, stack.lastIndexOf("\n", host));
}

/**
 * Cuts the frames of a syntax error's stack: they show the loader. The lines before them show the place in the source.
 */
export function withoutFrames(stack: string): string {
  const frames = stack.indexOf("\n    at ");
  return frames === -1 ? stack : stack.slice(0, frames);
}
