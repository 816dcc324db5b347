/**
 * A script with children that are not daemonic: a command that ignores SIGTERM, and a process with a child of its own.
 * It says all pids, and ends in the way that it is told: `has-children.js ENDING [continue]`.
 */
import { command, isMain, Process, Queue, task } from "polyproc";
import * as tasks from "../tasks.js";

const meta = { url: new URL("../tasks.js", import.meta.url).href };
const stubborn = command("sh", ["-c", "trap '' TERM; while :; do sleep 1; done"]);

async function main(ending: string, onParentDeath: "end" | "continue"): Promise<void> {
  const said = new Queue<number>();
  const plain = new Process({ target: stubborn, onParentDeath });
  await plain.start();
  const parent = new Process({ target: task(meta, tasks.startAnotherThatWaits), args: [said], onParentDeath });
  await parent.start();
  const children = [plain.pid, await said.get(), await said.get()];
  const { pid: server } = await said.connection.request("server/status", {});
  console.log(JSON.stringify({ script: process.pid, server, children }));
  if (ending === "exits") process.exit(7);
  if (ending === "aborts") process.abort();
}

if (isMain(import.meta)) await main(process.argv[2]!, process.argv[3] === "continue" ? "continue" : "end");
