/** A command line, cut at the first `--`: what comes after it is a command, and none of our options. */
export interface SplitArguments {
  own: string[];
  /** Null when there is no `--`. */
  command: string[] | null;
}

export function splitCommand(argv: readonly string[]): SplitArguments {
  const at = argv.indexOf("--");
  if (at === -1) return { own: [...argv], command: null };
  return { own: argv.slice(0, at), command: argv.slice(at + 1) };
}
