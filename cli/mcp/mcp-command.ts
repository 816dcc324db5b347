import { Command } from "commander";
import { resolve } from "node:path";
import { exitStatus } from "../exit-status.js";
import { collect } from "../option-values.js";
import { serveMcp } from "./serve-mcp.js";

interface McpOptions {
  allowCommand?: string[];
  allowModule?: string[];
  allowKill?: true;
}

const help = `
The client starts this command and speaks with its standard input and output. Without an option its
tools only read. What an option does not allow is asked of the person at the client, if the client
can ask (elicitation); otherwise it is refused.

In a pattern of commands * stands for any text; in one of modules * for any text without /, ** for
any text. No shell reads a command, unless the pattern allows one.

It needs the package @modelcontextprotocol/sdk beside polyproc. The first call that needs a server
starts one in the background.

Examples:
  $ polyproc mcp
  $ polyproc mcp --allow-command 'npx prettier *' --allow-module 'scripts/**'
`;

export function mcpCommand(exit: (status: number) => void): Command {
  return new Command("mcp")
    .description("Offers runs and processes as tools and resources to a client of the Model Context Protocol.")
    .option("--allow-command <pattern>", "command lines that may be run without asking; may be repeated", collect)
    .option("--allow-module <pattern>", "modules whose functions may be run without asking; may be repeated", collect)
    .option("--allow-kill", "end processes and runs without asking")
    .addHelpText("after", help)
    .action(async ({ allowCommand = [], allowModule = [], allowKill }: McpOptions) => {
      await serveMcp({
        commands: allowCommand,
        modules: allowModule.map((pattern) => resolve(pattern)),
        kill: allowKill ?? false,
      });
      exit(exitStatus.ok);
    });
}
