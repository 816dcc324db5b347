import { Option, type Command } from "commander";

/** What other programs call options of a command, by our names. Help does not list them. */
export type Spellings = Readonly<Record<string, readonly string[]>>;

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
export function addSpellings(command: Command, spellings: Spellings): Command {
  for (const known of [...command.options])
    for (const name of spellings[known.long ?? ""] ?? []) command.addOption(new Spelling(name, known));
  return command;
}
