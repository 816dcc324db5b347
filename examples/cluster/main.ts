/**
 * A cluster on this machine: Redis, two agents, and a job whose progress is shown by host.
 *
 *     npm run cluster [-- TASKS]
 *
 * TASKS: default 400. Needs redis-server. Ctrl-C ends everything.
 */
import { Pool } from "polyproc";
import { LocalCluster } from "./local-cluster.js";
import { primesOf } from "./primes.js";

const interruptedStatus = 130;
const numbersInTask = 20_000;
const showEveryMs = 1000;

async function main(tasks: number): Promise<number> {
  const interrupted = new AbortController();
  process.once("SIGINT", () => interrupted.abort());
  const cluster = await LocalCluster.start(["alpha", "beta"]);
  const pool = new Pool({ cluster: cluster.address, name: "primes" });
  const byHost = new Map([
    ["alpha", 0],
    ["beta", 0],
  ]);
  let primes = 0;
  console.log(`the hosts ${[...byHost.keys()].join(" and ")} take work from ${cluster.address}`);
  let shown = "";
  const show = () => {
    const text = [...byHost].map(([host, done]) => `${host} ${done}`).join("   ");
    if (text !== shown) console.log(text);
    shown = text;
  };
  const timer = setInterval(show, showEveryMs);
  try {
    const ranges = Array.from({ length: tasks }, (_, n) => ({ from: n * numbersInTask, to: (n + 1) * numbersInTask }));
    const { signal } = interrupted;
    for await (const done of pool.imapUnordered(primesOf, ranges, { signal })) {
      byHost.set(done.host, (byHost.get(done.host) ?? 0) + 1);
      primes += done.primes;
    }
    show();
    console.log(`${primes} primes below ${tasks * numbersInTask}`);
    return 0;
  } catch (error) {
    if (!interrupted.signal.aborted) throw error;
    console.log("interrupted: the cluster ends");
    return interruptedStatus;
  } finally {
    clearInterval(timer);
    await pool.terminate();
    await cluster.end();
  }
}

process.exitCode = await main(Number(process.argv[2] ?? 400));
