/** A command line, split at the first `--`. The arguments after it are the user's command, not our options. */
export interface SplitArguments {
  own: string[];
  /** Null if there is no `--`. */
  command: string[] | null;
}

export function splitCommand(argv: readonly string[]): SplitArguments {
  const at = argv.indexOf("--");
  if (at === -1) return { own: [...argv], command: null };
  return { own: argv.slice(0, at), command: argv.slice(at + 1) };
}
