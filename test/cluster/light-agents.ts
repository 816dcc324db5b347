import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { PackResult } from "../../server/engine/pools/cluster-link.js";
import { Agent, type AgentRunner } from "../../server/cluster/agent.js";
import { parseClusterAddress } from "../../server/cluster/address.js";

/** What `many-hosts.ts` sends to this program, as JSON in its argument. */
export interface LightAgents {
  readonly address: string;
  readonly names: readonly string[];
  readonly slots: number;
  /** Folder of the target's module. */
  readonly folder: string;
  /** Milliseconds that each pack takes. */
  readonly ms: number;
}

/** A msgpack list of `count` nils. */
function nils(count: number): Uint8Array {
  const head = count < 16 ? [0x90 | count] : [0xdc, count >> 8, count & 0xff];
  return Uint8Array.from([...head, ...Array.from({ length: count }, () => 0xc0)]);
}

/** Waits instead of running a worker, so that a hundred hosts fit onto one machine. */
function waiter(ms: number): AgentRunner {
  return {
    run(_key, _spec, count, _items, ended) {
      const end = () => ended([{ index: 0, count, pid: 1, ms, values: nils(count) }] satisfies PackResult[]);
      const timer = setTimeout(end, ms);
      return {
        stop() {
          clearTimeout(timer);
          end();
        },
      };
    },
    forget() {},
  };
}

const { address, names, slots, folder, ms } = JSON.parse(readFileSync(0, "utf8")) as LightAgents;
const agents = await Promise.all(
  names.map((host) =>
    Agent.start(
      {
        address: parseClusterAddress(address, null),
        host,
        slots,
        labels: [],
        allowed: { modules: [resolve(folder)], commands: false, sources: false, pickles: false },
        drainTimeoutMs: 0,
      },
      waiter(ms),
      (text) => console.error(text),
    ),
  ),
);
process.on("SIGTERM", () => void Promise.all(agents.map((agent) => agent.drain())).then(() => process.exit(0)));
console.log("ready");
