import { failsForAll } from "../../protocol/fails-for-all.js";
import type { Halt } from "../../protocol/halt.js";
import type { Target } from "../../protocol/target.js";
import type { Ending } from "../ending.js";
import { exitStatus, signalStatus } from "../exit-status.js";
import type { ServerLink } from "../server-link.js";
import { onInterruption } from "../signals.js";
import { onSuspension } from "../suspension.js";
import { Terminal } from "../terminal.js";
import type { JobLog } from "./job-log.js";
import type { ItemSource } from "./items.js";
import { MapRun, type MapRunOptions } from "./map-run.js";
import { Report } from "./report.js";

/** How a map runs and is shown. */
export interface RunOptions {
  /** By the number of processors. */
  jobs?: (processors: number) => number;
  chunkSize: number;
  timeout?: number;
  retries: number;
  halt: Halt;
  keepOrder?: true;
  json?: true;
  tag?: true;
  quiet?: true;
}

/** Runs the map to its end, and shows it. */
export async function runMap(
  server: ServerLink,
  target: Target,
  fill: MapRunOptions["fill"],
  source: ItemSource,
  options: RunOptions,
  cluster: string | undefined,
  log: JobLog | null,
): Promise<Ending> {
  const { connection } = server;
  const terminal = new Terminal();
  let ending: Ending | null = null;
  let killed = false;
  const report = new Report(terminal, source.total, {
    json: options.json ?? false,
    tag: options.tag ?? false,
    quiet: options.quiet ?? false,
    keepOrder: options.keepOrder ?? false,
    wake: () => run.wake(),
  });
  const run = new MapRun(connection, source, {
    target,
    fill,
    processes:
      options.jobs?.(connection.facts.cpuCount) ?? (cluster === undefined ? connection.facts.cpuCount : undefined),
    cluster,
    chunkSize: options.chunkSize,
    retries: options.retries,
    timeoutMs: options.timeout ?? null,
    passesOver: (item, index) => log?.passesOver(item, index) ?? false,
    onPassedOver: (index) => report.passedOver(index),
    onStarted: (index, item) => {
      log?.started(index);
      report.started(index, item);
    },
    onProgress: (index, item, progress) => report.reported(index, item, progress),
    onOutcome: (outcome) => {
      log?.ended(outcome);
      report.add(outcome);
      if (outcome.kind !== "failed" || ending !== null) return;
      if (failsForAll(outcome.error, target)) run.endNow(0);
      else if (options.halt.when === "now" && report.failed === options.halt.failures) run.endNow(graceMs);
      else if (options.halt.when === "soon" && report.failed === options.halt.failures) void run.endGently();
    },
    mayFeed: (index) => report.mayFeed(index),
  });

  const stopWatching = onInterruption((signal) => {
    const again = ending !== null;
    ending = signal;
    if (again || signal !== "SIGINT") {
      killed = true;
      run.endNow(again ? 0 : graceMs);
      return;
    }
    void run.endGently().then(() => {
      if (run.underWay > 0 && !killed)
        report.say(
          `interrupted: waiting for ${run.underWay === 1 ? "the running item" : `${run.underWay} running items`}; ` +
            "press Ctrl-C again to kill",
        );
    });
  });
  const stopSuspending = onSuspension(async () => (server.isLocal && cluster === undefined ? run.runningPids() : []));
  terminal.onOutputGone(() => {
    if (ending !== null) return;
    ending = signalStatus("SIGPIPE");
    run.endNow(0);
  });

  try {
    if (!("command" in target)) {
      connection.on("events/output", ({ lines }) => report.printed(lines));
      await connection.request("events/watchOutput", { scope: "own", lossless: true });
    }
    await run.run();
  } finally {
    log?.close();
    await report.end();
    await terminal.flushed();
    stopWatching();
    stopSuspending();
  }
  return ending ?? (report.isBad ? exitStatus.failed : exitStatus.ok);
}

/** Milliseconds between SIGTERM and SIGKILL when `--halt now` or a signal ends running items. */
const graceMs = 1000;
