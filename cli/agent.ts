import { Command } from "commander";
import { runServerHere } from "./serve.js";

/** `polyproc agent`. Its options are the server's own. `argv`: the whole command line. */
export function agentCommand(argv: readonly string[], exit: (status: number) => void): Command {
  return new Command("agent")
    .description("Runs tasks of a cluster's pools on this host, until SIGTERM.")
    .usage("--cluster ADDRESS [--allow-module FOLDER]... [-j N] ...")
    .argument("[option...]")
    .helpOption(false)
    .allowUnknownOption()
    .action(async () => {
      const status = await runServerHere(argv.slice(argv.indexOf("agent")));
      if (status !== 0) exit(status);
    });
}
