const hostFolder = new URL(".", import.meta.url).href;

/** A stack down to the function that was called: how the host came to call it helps nobody. */
export function withoutHost(stack: string): string {
  const host = stack.indexOf(hostFolder);
  return host === -1 ? stack : stack.slice(0, stack.lastIndexOf("\n", host));
}

/** A syntax error's stack is where the loader was; what comes before it, the place in the text, is of use. */
export function withoutFrames(stack: string): string {
  const frames = stack.indexOf("\n    at ");
  return frames === -1 ? stack : stack.slice(0, frames);
}
