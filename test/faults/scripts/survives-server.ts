/** A script that loses its private server in the middle of a call, says so, and begins again. */
import { isMain, Pool, Process, Queue, task } from "polyproc";
import * as tasks from "../tasks.js";

const meta = { url: new URL("../tasks.js", import.meta.url).href };

async function main(): Promise<void> {
  const said = new Queue<number>();
  const pool = new Pool(1);
  const lost = pool.applyAsync(task(meta, tasks.sayPidAndSpin), [said]);
  await said.get();
  const child = new Process({ target: task(meta, tasks.sayPidAndSpin), args: [said] });
  await child.start();
  await said.get();
  const { pid: server } = await pool.connection.request("server/status", {});
  console.log(JSON.stringify({ server, child: child.pid }));
  await lost.get().catch((error: Error) => console.log(`${error.name}: ${error.message}`));
  const next = new Pool(1);
  console.log(`again: ${await next.apply(task(meta, tasks.double), [21])}`);
}

if (isMain(import.meta)) await main();
