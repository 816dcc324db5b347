import { Argument, Command } from "commander";
import { CacheStore, cacheFolder } from "../../cache/store.js";
import type { Ending } from "../ending.js";
import { exitStatus } from "../exit-status.js";

interface CacheCommandOptions {
  cacheDir?: string;
  json?: true;
}

const help = `
polyproc map --cache keeps the outcomes of items that succeeded, and replays them while nothing that
they depend on has changed.

Examples:
  $ polyproc cache status
  $ polyproc cache clear --cache-dir .cache/polyproc
`;

/** `polyproc cache`. */
export function cacheCommand(exit: (ending: Ending) => void): Command {
  return new Command("cache")
    .description("Shows the outcomes that polyproc map --cache keeps, or removes them.")
    .addArgument(new Argument("<what>", "status or clear").choices(["status", "clear"]))
    .option("--cache-dir <folder>", "where they are (default: polyproc/map in XDG_CACHE_HOME or ~/.cache)")
    .option("--json", "with status: print {folder, outcomes, bytes}")
    .addHelpText("after", help)
    .action((what: string, { cacheDir, json }: CacheCommandOptions) => {
      const store = new CacheStore(cacheFolder(cacheDir));
      const status = store.status();
      if (what === "clear") store.clear();
      const megabytes = `${(status.bytes / 1e6).toFixed(1)} MB`;
      const text = `${status.outcomes} ${status.outcomes === 1 ? "outcome" : "outcomes"}, ${megabytes}`;
      if (json) process.stdout.write(`${JSON.stringify(status)}\n`);
      else process.stdout.write(what === "clear" ? `removed ${text}\n` : `${text} in ${status.folder}\n`);
      exit(exitStatus.ok);
    });
}
