import type { Ending } from "../ending.js";
import { exitStatus } from "../exit-status.js";
import { quoted } from "../quoted.js";
import { Terminal } from "../terminal.js";
import type { ItemSource } from "./items/items.js";
import { shownItem } from "./items/shown-item.js";
import { argumentsFor, type ItemCommand } from "./target/what-runs.js";

/** Prints the command of each item, as a user could type it into a shell. */
export async function dryRun(source: ItemSource, command: ItemCommand): Promise<Ending> {
  const terminal = new Terminal();
  terminal.onOutputGone(() => source.stop());
  let index = 0;
  let failed = false;
  for await (const item of source.items) {
    if (terminal.outputGone) break;
    try {
      if (!item.ok) throw new Error(item.reason);
      const words = [command.words[0]!, ...argumentsFor(command, item, source.names, index, 1)];
      terminal.out(`${quoted(words)}\n`);
    } catch (error) {
      failed = true;
      terminal.err(`polyproc: ${shownItem(item.text)}: ${(error as Error).message}\n`);
    }
    index++;
    if (terminal.isBehind) await new Promise<void>((drained) => terminal.onDrained(drained));
  }
  await terminal.flushed();
  return failed ? exitStatus.failed : exitStatus.ok;
}
