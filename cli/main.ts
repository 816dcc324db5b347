#!/usr/bin/env node
import { Command, CommanderError, type OutputConfiguration } from "commander";
import { PolyprocError } from "../protocol/errors.js";
import { completionCommand } from "./completion/completion-command.js";
import { endAs, type Ending } from "./ending.js";
import { ExitError } from "./exit-error.js";
import { exitStatus } from "./exit-status.js";
import { cacheCommand } from "./cache/cache-command.js";
import { lockCommand, semCommand } from "./hold/hold-command.js";
import { killCommand } from "./kill.js";
import { endWithoutOutput } from "./lost-output.js";
import { mapCommand } from "./map/map-command.js";
import { lspCommand } from "./lsp/lsp-command.js";
import { mcpCommand } from "./mcp/mcp-command.js";
import { queueCommands } from "./queue/queue-commands.js";
import { psCommand } from "./ps/ps-command.js";
import { runCommand } from "./run.js";
import { attachCommand } from "./runs/attach-command.js";
import { runsCommand } from "./runs/runs-command.js";
import { agentCommand } from "./agent.js";
import { serveCommand } from "./serve.js";
import { splitCommand } from "./split-command.js";
import { stackCommand } from "./stack.js";
import { stopCommand } from "./stop.js";
import { topCommand } from "./top/top-command.js";
import { UsageError } from "./usage-error.js";
import { version } from "./version.js";

const help = `
POLYPROC_ADDRESS names the server: unix:PATH, tcp:HOST:PORT or tls:HOST:PORT (POLYPROC_TOKEN: its
token on TCP). When it is not set, the one on the default socket is meant. When there is none, map
and run start a private one, lock, sem and the commands of the queue one in the background.

polyproc help COMMAND tells more, with examples.
`;

function output(argv: readonly string[]): OutputConfiguration {
  const mayBeOfCommand = argv.some((word) => /^::::?\+?$/.test(word)) && !argv.includes("--");
  return {
    outputError: (text, write) => {
      const isUnknown = text.includes("unknown option");
      const advice = isUnknown && mayBeOfCommand ? "; put -- before a command that has options" : "";
      write(`polyproc: ${oneSentence(text)}${advice}\n`);
    },
  };
}

/** All commands, in the order of the help. `exit` is told how the command line ends. */
function program(argv: readonly string[], exit: (ending: Ending) => void): Command {
  const { command } = splitCommand(argv);
  const polyproc = new Command("polyproc")
    .description("Processes, pools, locks and queues that programs in any language share.")
    .version(version(), "-V, --version")
    .addHelpText("after", help)
    .exitOverride()
    .configureOutput(output(argv));
  for (const subcommand of [
    serveCommand(argv, exit),
    agentCommand(argv, exit),
    mapCommand(command, exit),
    runCommand(command, exit),
    runsCommand(exit),
    attachCommand(exit),
    cacheCommand(exit),
    psCommand(exit),
    topCommand(exit),
    stackCommand(exit),
    killCommand(exit),
    stopCommand(exit),
    lockCommand(command, exit),
    semCommand(command, exit),
    mcpCommand(exit),
    ...queueCommands(command, exit),
    lspCommand(exit),
    completionCommand(command, polyproc),
  ]) {
    polyproc.addCommand(subcommand.exitOverride().configureOutput(output(argv)));
  }
  return polyproc;
}

/** Joins commander's `error: …` and its suggestion, which is a line of its own. */
function oneSentence(text: string): string {
  return text
    .trim()
    .replace(/^error: /, "")
    .replace(/\s*\n\s*/g, " ");
}

function failureStatus(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitStatus.ok : exitStatus.usage;
  const [status, message] = describe(error);
  process.stderr.write(`polyproc: ${message}\n`);
  return status;
}

function describe(error: unknown): [number, string] {
  if (error instanceof UsageError) return [exitStatus.usage, error.message];
  if (error instanceof ExitError) return [error.status, error.message];
  if (error instanceof PolyprocError)
    return [
      error.codeName === "Closed" || error.codeName === "ShuttingDown" ? exitStatus.unavailable : exitStatus.failed,
      error.message,
    ];
  return [exitStatus.failed, error instanceof Error ? (error.stack ?? error.message) : String(error)];
}

async function main(argv: readonly string[]): Promise<void> {
  process.stdout.on("error", endWithoutOutput);
  let end: Ending = exitStatus.ok;
  try {
    // Arguments after `--` are the user's command, not our options.
    await program(argv, (ending) => {
      end = ending;
    }).parseAsync(splitCommand(argv).own, { from: "user" });
  } catch (error) {
    end = failureStatus(error);
  }
  endAs(end);
}

void main(process.argv.slice(2));
