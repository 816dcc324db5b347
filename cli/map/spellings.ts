import { Option, type Command } from "commander";

/** What parallel and xargs call options of map, by our names. Help does not list them. */
const spellings: Readonly<Record<string, readonly string[]>> = {
  "--jobs": ["-P", "--max-procs"],
  "--max-args": ["-N", "--max-replace-args"],
  "--colsep": ["-C"],
  "--dry-run": ["--dryrun"],
  "--keep-order": ["--keeporder"],
  "--line-buffer": ["--linebuffer"],
  "--workdir": ["--wd"],
  "--block": ["--block-size"],
  "--halt": ["--halt-on-error"],
};

/** An option that sets another one. */
class Spelling extends Option {
  readonly #known: Option;

  constructor(name: string, known: Option) {
    super(`${name} ${/<.*>/.exec(known.flags)?.[0] ?? ""}`.trim());
    this.#known = known;
    if (known.parseArg) this.argParser(known.parseArg);
    this.hideHelp();
  }

  override attributeName(): string {
    return this.#known.attributeName();
  }
}

/** Adds them to the command, which has the options themselves. */
export function addSpellings(command: Command): Command {
  for (const known of [...command.options])
    for (const name of spellings[known.long ?? ""] ?? []) command.addOption(new Spelling(name, known));
  return command;
}
