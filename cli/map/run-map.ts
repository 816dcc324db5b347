import { setFlagsFromString } from "node:v8";
import { failsForAll } from "../../protocol/fails-for-all.js";
import type { Target } from "../../protocol/target.js";
import type { MapCache } from "../cache/map-cache.js";
import type { Ending } from "../ending.js";
import { exitStatus, signalStatus } from "../exit-status.js";
import type { ServerLink } from "../server-link.js";
import { onInterruption } from "../signals.js";
import { onSuspension } from "../suspension.js";
import { Terminal } from "../terminal.js";
import { isReached } from "./limits/halt.js";
import type { JobLog } from "./job-log.js";
import type { Item, ItemSource } from "./items/items.js";
import { mostJobs, type LimitOptions } from "./limits/limit-options.js";
import { watchIdleCluster } from "./idle-cluster.js";
import { Limits } from "./limits/limits.js";
import { MapRun } from "./map-run.js";
import type { MapRunOptions } from "./map-run-options.js";
import type { OutputFiles } from "./output/output-files.js";
import { progressOf, streamingOf, type OutputOptions } from "./output/output-options.js";
import { Report } from "./output/report.js";
import type { Outcome } from "./outcome.js";
import { shownItem } from "./items/shown-item.js";

/** How a map runs and is shown. */
export interface RunOptions extends LimitOptions, OutputOptions {
  chunkSize: number;
}

export interface RunParts {
  fill: MapRunOptions["fill"];
  /** Address of the cluster. Undefined: this machine. */
  cluster: string | undefined;
  log: JobLog | null;
  /** Keeps outputs as files. */
  files: OutputFiles | null;
  cache: MapCache | null;
  /** What each line of an item's output begins with. If it throws, so does `fill`. Null: `tag` says it. */
  tagOf: ((item: Item & { ok: true }, index: number) => string) | null;
}

/** Runs the map to its end, and shows it. */
export async function runMap(
  server: ServerLink,
  target: Target,
  source: ItemSource,
  options: RunOptions,
  { fill, cluster, log, files, cache, tagOf }: RunParts,
): Promise<Ending> {
  keepHeapSmall();
  const { connection } = server;
  const { halt, jobs, timeout } = options;
  const terminal = new Terminal();
  let ending: Ending | null = null;
  let killed = false;
  /** Set once: enough items have failed, succeeded or ended. */
  let halted = false;
  const report = new Report(terminal, source.total, {
    json: options.json ?? false,
    tag: options.tag ?? false,
    progress: progressOf(options),
    keepOrder: options.keepOrder ?? false,
    files,
    streaming: streamingOf(options),
    printsNames: options.files ?? false,
    wake: () => run.wake(),
  });
  const settle = (outcome: Outcome) => {
    log?.ended(outcome);
    limits.ended(outcome);
    report.add(outcome, target);
    if (ending !== null || halted) return;
    if (outcome.kind === "failed" && failsForAll(outcome.error, target)) run.endNow(0);
    else if (isReached(halt, report.counts)) {
      halted = true;
      if (halt.when === "now") {
        limits.stop();
        run.endNow(graceMs);
      } else void run.endGently();
    }
  };
  const tagFor = (item: Item & { ok: true }, index: number) => {
    try {
      return tagOf && tagOf(item, index);
    } catch {
      // `fill` tells why.
      return null;
    }
  };
  const limits = new Limits(server, options, (text) => report.say(text));
  const { cpuCount } = connection.facts;
  const run = new MapRun(connection, source, {
    target,
    fill,
    processes: jobs ? () => jobs(cpuCount) : cluster === undefined ? () => cpuCount : undefined,
    ...(jobs?.file === undefined ? {} : { maxProcesses: mostJobs }),
    cluster,
    chunkSize: options.chunkSize,
    retries: limits.retriesHere ? 0 : options.retries,
    timeoutMs: timeout && "ms" in timeout ? timeout.ms : null,
    passesOver: (item, index) => {
      if (log?.passesOver(item, index)) {
        report.passedOver(index);
        return true;
      }
      if (item.ok) report.taken(index, item.fields, tagFor(item, index));
      const found = cache?.look(item, index);
      if (!found) return false;
      if ("outcome" in found) settle(found.outcome);
      else if (found.why !== null && !options.quiet)
        report.say(`${shownItem(item.text)}: not from the cache: ${found.why}`);
      return "outcome" in found;
    },
    onStarted: (index, item) => {
      log?.started(index);
      report.started(index, item);
    },
    onProgress: (index, item, progress) => report.reported(index, item, progress),
    onOutput: (index, item, stream, data) => report.wrote(index, item, stream, data),
    pause: () => limits.pause(),
    onSubmit: () => limits.started(),
    afterFailure: (item, outcome) => {
      if (ending !== null || halted || failsForAll(outcome.error, target)) return { do: "report" };
      const inMs = limits.retryIn(outcome.index);
      if (inMs !== null) {
        report.again(outcome.index);
        return { do: "again", inMs };
      }
      if (!options.splitOnFailure || !item.parts) return { do: "report" };
      report.split(outcome.index, item.text, item.parts.length);
      return { do: "split" };
    },
    onDisplaced: (index, item) => {
      report.again(index);
      report.say(`${shownItem(item)}: ended to free memory (--memfree); it runs again later`);
    },
    onOutcome: (outcome) => {
      cache?.ended(outcome);
      settle(cache ? { ...outcome, cached: false } : outcome);
    },
    mayFeed: (index) => report.mayFeed(index),
  });
  limits.watch(run);
  const stopIdleWatch =
    cluster === undefined || options.quiet
      ? () => {}
      : watchIdleCluster({ connection, run }, cluster, target, (text) => report.say(text));

  const stopWatching = onInterruption((signal) => {
    const again = ending !== null;
    ending = signal;
    if (again || signal !== "SIGINT") {
      killed = true;
      limits.stop();
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
    limits.stop();
    stopIdleWatch();
    log?.close();
    await report.end();
    cache?.close();
    await terminal.flushed();
    stopWatching();
    stopSuspending();
  }
  if (ending !== null) return ending;
  // A map that looks for a success has found it.
  if (halted && halt.when !== "never" && halt.what === "success") return exitStatus.ok;
  return report.isBad ? exitStatus.failed : exitStatus.ok;
}

/** Milliseconds between SIGTERM and SIGKILL when `--halt now` or a signal ends running items. */
const graceMs = 1000;

/**
 * Items and outcomes live briefly. V8 would double the room for new objects, up to 48 MiB, and collect older ones only
 * after their number has doubled. Few are left at a collection, so frequent ones cost little.
 */
function keepHeapSmall(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
  setFlagsFromString("--heap-growing-percent=20");
}
