import { Argument, Command, Option } from "commander";
import { UsageError } from "../usage-error.js";
import { candidates } from "./candidates.js";
import { knownNames } from "./known-names.js";
import { scripts } from "./scripts.js";

const help = `
The script completes commands, options, and the names that the server knows: runs, processes, locks,
semaphores, and entries and groups of the queue. It asks a server that runs, and starts none.

Examples:
  $ eval "$(polyproc completion bash)"                  # in ~/.bashrc
  $ eval "$(polyproc completion zsh)"                   # in ~/.zshrc, after compinit
  $ polyproc completion fish > ~/.config/fish/completions/polyproc.fish
`;

/** A word that a shell takes as it is. */
const plain = /^[\w@%+=:,./-]+$/;

/** `polyproc completion`. `command`: the arguments after `--`. `program`: all commands. */
export function completionCommand(command: readonly string[] | null, program: Command): Command {
  return new Command("completion")
    .description("Prints the script that completes polyproc's command line in your shell.")
    .addArgument(new Argument("[shell]", "the shell").choices(Object.keys(scripts)))
    .addOption(new Option("--answer", "print what may stand at the end of the line after --").hideHelp())
    .addHelpText("after", help)
    .action(async (shell: string | undefined, { answer }: { answer?: true }) => {
      if (answer) {
        const words = [...(command ?? [])];
        const current = words.pop() ?? "";
        const { words: known, kinds } = candidates(program, words, current);
        const found = new Set([...known, ...(await knownNames(kinds))]);
        const lines = [...found].filter((word) => word.startsWith(current) && plain.test(word));
        process.stdout.write(lines.map((line) => `${line}\n`).join(""));
        return;
      }
      if (shell === undefined) throw new UsageError("name your shell: polyproc completion bash, zsh or fish");
      process.stdout.write(scripts[shell]!);
    });
}
