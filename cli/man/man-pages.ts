import type { Command } from "commander";
import { topics } from "../help/topics.js";
import { version } from "../version.js";
import { roff, title, verbatim } from "./roff.js";

/** All manual pages, by the names of their files: made of what `--help` and `polyproc help` print. */
export function manPages(program: Command): Map<string, string> {
  const pages = new Map([["polyproc.1", mainPage(program)]]);
  for (const command of program.commands) pages.set(`polyproc-${command.name()}.1`, commandPage(command));
  for (const [name, { summary, text }] of Object.entries(topics))
    pages.set(
      `polyproc-${name}.7`,
      title(`polyproc-${name}`, 7, version(), summary) +
        `.SH DESCRIPTION\n${verbatim(text.trimEnd().split("\n"))}${seeAlso}`,
    );
  return pages;
}

const seeAlso = ".SH SEE ALSO\n.BR polyproc (1)\n";

function mainPage(program: Command): string {
  const listed = program.commands.map(
    (command) => `.TP\n.BR polyproc\\-${roff(command.name())} (1)\n${roff(command.summary())}\n`,
  );
  const topicsListed = Object.entries(topics).map(
    ([name, { summary }]) => `.TP\n.BR polyproc\\-${roff(name)} (7)\n${roff(summary)}\n`,
  );
  return (
    title("polyproc", 1, version(), "processes, pools, locks and queues that programs share") +
    `.SH SYNOPSIS\n.B polyproc\n[options] command\n` +
    `.SH DESCRIPTION\n${roff(program.description())}\n${optionsOf(program)}` +
    `.SH COMMANDS\n${listed.join("")}.SH TOPICS\n${topicsListed.join("")}` +
    remarksOf(program)
  );
}

function commandPage(command: Command): string {
  const name = `polyproc-${command.name()}`;
  const usage = command.usage().split("\n");
  const synopsis = [`polyproc ${command.name()} ${usage[0]}`, ...usage.slice(1).map((line) => line.trim())];
  return (
    title(name, 1, version(), command.summary()) +
    `.SH SYNOPSIS\n${verbatim(synopsis)}` +
    `.SH DESCRIPTION\n${roff(command.description())}\n${optionsOf(command)}${remarksOf(command)}${seeAlso}`
  );
}

function optionsOf(command: Command): string {
  const help = command.createHelp();
  const entry = (term: string, description: string) => `.TP\n.B ${roff(term)}\n${roff(description)}\n`;
  const all = [
    ...help.visibleArguments(command).map((each) => entry(each.name(), help.argumentDescription(each))),
    ...help
      .visibleCommands(command)
      .map((each) =>
        command.parent === null ? "" : entry(help.subcommandTerm(each), help.subcommandDescription(each)),
      ),
    ...help.visibleOptions(command).map((each) => entry(help.optionTerm(each), help.optionDescription(each))),
  ];
  return `.SH OPTIONS\n${all.join("")}`;
}

/** What `--help` prints after the options. */
function remarksOf(command: Command): string {
  let printed = "";
  command.configureOutput({ writeOut: (text) => (printed += text) });
  command.outputHelp();
  return printed.slice(command.helpInformation().length).trim().split(/\n\n+/).filter(Boolean).map(paragraph).join("");
}

function paragraph(text: string): string {
  const lines = text.split("\n");
  const [, heading, rest] = /^(Examples|Exit status)(?: [a-z ]+)?:\s*([^]*)$/.exec(text) ?? [];
  if (heading === "Examples") return `.SH EXAMPLES\n${verbatim(rest!.split("\n").map((line) => line.trim()))}`;
  if (heading === "Exit status")
    return `.SH EXIT STATUS\n${roff(text.slice("Exit status".length).replace(/^:?\s*/, ""))}\n`;
  return lines.some((line) => line.startsWith(" ")) ? `.PP\n${verbatim(lines)}` : `.PP\n${roff(text)}\n`;
}
