import { dirname } from "node:path";
import type { Connection } from "../../bindings/typescript/session/connection.js";
import type { Target } from "../../protocol/target.js";
import type { MapRun } from "./map-run.js";

/** Milliseconds between two looks at a map of which nothing runs. */
const lookMs = 3000;

/**
 * Says so, once, when a map waits because no agent takes tasks of the cluster. Returns a function that ends the watch.
 */
export function watchIdleCluster(
  { connection, run }: { connection: Connection; run: Pick<MapRun, "underWay" | "running"> },
  cluster: string,
  target: Target,
  say: (text: string) => void,
): () => void {
  let isAsking = false;
  const look = async () => {
    if (isAsking || run.underWay === 0 || run.running().length > 0) return;
    isAsking = true;
    try {
      const { hosts } = await connection.request("cluster/hosts", { cluster });
      if (hosts.some(({ draining }) => !draining) || run.running().length > 0) return;
      say(`no agent takes tasks of this cluster, so the items wait; start one on a host: ${agentCommand(target)}`);
      clearInterval(timer);
    } catch {
      // The pool itself fails if the cluster cannot be used.
    } finally {
      isAsking = false;
    }
  };
  const timer = setInterval(() => void look(), lookMs);
  timer.unref();
  return () => clearInterval(timer);
}

/** The address may hold a password, so it is not shown. */
function agentCommand(target: Target): string {
  const allow =
    "module" in target
      ? `--allow-module ${target.module.startsWith("/") ? dirname(target.module) : "FOLDER"}`
      : "command" in target
        ? "--allow-command"
        : "--allow-source";
  return `polyproc agent --cluster ADDRESS ${allow}`;
}
