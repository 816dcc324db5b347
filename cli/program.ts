import { Command, type OutputConfiguration } from "commander";
import { agentCommand } from "./agent.js";
import { cacheCommand } from "./cache/cache-command.js";
import { completionCommand } from "./completion/completion-command.js";
import type { Ending } from "./ending.js";
import { helpCommand } from "./help/help-command.js";
import { lockCommand, semCommand } from "./hold/hold-command.js";
import { killCommand } from "./kill.js";
import { lspCommand } from "./lsp/lsp-command.js";
import { mapCommand } from "./map/map-command.js";
import { mcpCommand } from "./mcp/mcp-command.js";
import { psCommand } from "./ps/ps-command.js";
import { queueCommands } from "./queue/queue-commands.js";
import { runCommand } from "./run.js";
import { attachCommand } from "./runs/attach-command.js";
import { runsCommand } from "./runs/runs-command.js";
import { serveCommand } from "./serve.js";
import { splitCommand } from "./split-command.js";
import { stackCommand } from "./stack.js";
import { stopCommand } from "./stop.js";
import { topCommand } from "./top/top-command.js";
import { version } from "./version.js";

const help = `
POLYPROC_ADDRESS names the server: unix:PATH, tcp:HOST:PORT or tls:HOST:PORT (POLYPROC_TOKEN: its
token on TCP). When it is not set, the one on the default socket is meant. When there is none, map
and run start a private one, lock, sem and the commands of the queue one in the background.

polyproc help COMMAND tells more, with examples; polyproc help TOPIC about replacements, exit-status
and environment, and in cheatsheet what to write in place of parallel, xargs, pueue, tsp and flock.
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
export function program(argv: readonly string[], exit: (ending: Ending) => void): Command {
  const { command } = splitCommand(argv);
  const polyproc = new Command("polyproc")
    .description("Processes, pools, locks and queues that programs in any language share.")
    .version(version(), "-V, --version")
    .addHelpText("after", help)
    .helpCommand(false)
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
    helpCommand(polyproc),
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
