import { Command, type OutputConfiguration } from "commander";
import { commands, isCommand } from "./commands.js";
import type { Ending } from "./ending.js";
import { otherCommands } from "./other-commands.js";
import type { LoadCommand } from "./load-command.js";
import { splitCommand } from "./split-command.js";
import { version } from "./version.js";

const help = `
POLYPROC_ADDRESS names the server: unix:PATH, tcp:HOST:PORT or tls:HOST:PORT (POLYPROC_TOKEN: its
token on TCP). When it is not set, the one on the default socket is meant. When there is none, map
and run start a private one, lock, sem and the commands of the queue one in the background.

polyproc help COMMAND tells more, with examples; polyproc help TOPIC about replacements, exit-status
and environment, and in cheatsheet what to write in place of parallel, xargs, pueue, tsp and flock.
`;

/**
 * Whether a command stands before `:::`, without `--`: from its first word on, options are its own, as in GNU parallel.
 */
function hasBareCommand([name, ...words]: readonly string[]): boolean {
  const sources = words.findIndex((word) => /^::::?\+?$/.test(word));
  const before = words.slice(0, Math.max(0, sources));
  return (
    name === "map" && sources > 0 && !words.includes("--") && !before.some((word) => /^--(?:shell|module)\b/.test(word))
  );
}

function output(): OutputConfiguration {
  return {
    outputError: (text, write) => {
      const [, unknown = ""] = /unknown command '(.*?)'/.exec(text) ?? [];
      const here = Object.hasOwn(otherCommands, unknown) ? otherCommands[unknown] : null;
      write(`polyproc: ${here ? `unknown command '${unknown}'; here it is: ${here}` : oneSentence(text)}\n`);
    },
  };
}

/**
 * The command line. `exit` receives how it ends. `names`: the commands to load, by `load`; of the others it knows name
 * and summary.
 */
export async function program(
  argv: readonly string[],
  exit: (ending: Ending) => void,
  names: readonly string[] = [],
  load?: LoadCommand,
): Promise<Command> {
  const { command } = splitCommand(argv);
  const isBare = hasBareCommand(argv);
  const polyproc = new Command("polyproc")
    .description("Processes, pools, locks and queues that programs in any language share.")
    .version(version(), "-V, --version")
    .addHelpText("after", help)
    .helpCommand(false)
    .configureHelp({ subcommandTerm: (each) => each.name() })
    .exitOverride()
    .configureOutput(output())
    .enablePositionalOptions(isBare);
  for (const [name, summary] of Object.entries(commands)) {
    const known =
      load && isCommand(name) && names.includes(name)
        ? await load(name, { argv, command, program: polyproc, exit })
        : new Command(name);
    polyproc.addCommand(
      known
        .summary(summary)
        .exitOverride()
        .configureOutput(output())
        .passThroughOptions(isBare && name === "map"),
    );
  }
  return polyproc;
}

/** The command that is called, and the one that `help` or the completion of a line is about. */
export function namesIn(argv: readonly string[]): string[] {
  const { own, command } = splitCommand(argv);
  const [name = "", ...words] = own.filter((word) => !word.startsWith("-"));
  if (name === "help") return [name, ...words];
  return name === "completion" ? [name, ...(command ?? [])] : [name];
}

/** Joins commander's `error: …` and its suggestion, which is a line of its own. */
function oneSentence(text: string): string {
  return text
    .trim()
    .replace(/^error: /, "")
    .replace(/\s*\n\s*/g, " ");
}
