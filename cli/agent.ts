import type { Command } from "commander";
import { runServerHere, withServerOptions } from "./serve.js";

/** `polyproc agent`. Its options are the server's own. `argv`: the whole command line. */
export function agentCommand(argv: readonly string[], exit: (status: number) => void): Command {
  return withServerOptions("agent")
    .description("Runs tasks of a cluster's pools on this host, until SIGTERM.")
    .usage("--cluster ADDRESS [--allow-module FOLDER]... [-j N] ...")
    .action(async () => {
      const status = await runServerHere(argv.slice(argv.indexOf("agent")));
      if (status !== 0) exit(status);
    });
}
