import { Command } from "commander";
import { UsageError } from "../usage-error.js";
import { topics } from "./topics.js";

/** `polyproc help`. `program`: all commands. */
export function helpCommand(program: Command): Command {
  return new Command("help")
    .description(`Tells more about a command, or about a topic: ${Object.keys(topics).join(", ")}.`)
    .argument("[name]", "a command or a topic")
    .addHelpText("after", "\nExamples:\n  $ polyproc help map\n  $ polyproc help cheatsheet\n")
    .action((name: string | undefined) => {
      if (name === undefined) return program.outputHelp();
      const command = program.commands.find((each) => each.name() === name);
      if (command) return command.outputHelp();
      const topic = topics[name];
      if (topic === undefined)
        throw new UsageError(
          `there is no command and no topic ${JSON.stringify(name)}; topics are ${Object.keys(topics).join(", ")}; ` +
            "polyproc --help lists the commands",
        );
      process.stdout.write(topic.text);
    });
}
