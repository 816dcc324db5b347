import { Command } from "commander";
import { exitStatus } from "../exit-status.js";
import { serveLsp } from "./serve-lsp.js";

const help = `
The editor starts this command and speaks the Language Server Protocol with its standard input and
output. docs/editors.md has the lines for Neovim, Emacs and Helix. Nothing runs before the user
chooses a code lens or a command.

It needs the packages vscode-languageserver and @babel/parser beside polyproc. The first run starts
a server in the background if none is there.

Examples:
  $ polyproc lsp --stdio
`;

export function lspCommand(exit: (status: number) => void): Command {
  return new Command("lsp")
    .description("Offers functions of JavaScript, TypeScript and Python files to run in a pool, in any editor.")
    .option("--stdio", "by standard input and output; there is no other way")
    .addHelpText("after", help)
    .action(async () => {
      await serveLsp();
      exit(exitStatus.ok);
    });
}
