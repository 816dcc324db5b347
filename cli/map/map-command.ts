import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { failsForAll } from "../../protocol/fails-for-all.js";
import type { Target } from "../../protocol/target.js";
import { clusterAddress } from "../cluster-address.js";
import type { Ending } from "../ending.js";
import { exitStatus, signalStatus } from "../exit-status.js";
import { collect, duration, wholeNumber } from "../option-values.js";
import { openAnyServer, openSharedServer, type ServerLink } from "../server-link.js";
import { onInterruption } from "../signals.js";
import { surroundings } from "../surroundings.js";
import { onSuspension } from "../suspension.js";
import { Terminal } from "../terminal.js";
import { UsageError } from "../usage-error.js";
import { chooseNode } from "./choose-node.js";
import { commandTarget, shellWarning } from "./command-target.js";
import { detach } from "./detach.js";
import { parseHalt, type Halt } from "../../protocol/halt.js";
import { itemSource, type ItemSource } from "./items.js";
import { MapRun } from "./map-run.js";
import { moduleTarget } from "./module-target.js";
import { Report } from "./report.js";

interface MapOptions {
  jobs?: number;
  module?: string;
  interpreter?: string;
  export?: string;
  glob?: string[];
  null?: true;
  jsonItems?: true;
  chunkSize: number;
  timeout?: number;
  retries: number;
  halt: Halt;
  keepOrder?: true;
  json?: true;
  tag?: true;
  quiet?: true;
  detach?: true;
  name?: string;
  cluster?: string | true;
}

const help = `
Items are the arguments before --, and what --glob matches; without both, the lines of standard
input, read as they are needed. In COMMAND's arguments {} (or {item}) stands for the item, {index}
for its position from 0, {item.name} for a member of a JSON item, and {{}} for "{}" itself. Without
an item among them, the item is added as the last argument.

A command's output comes when it has ended, as one piece, its standard error to standard error. A
function gets the item as its one argument; what it returns is printed as a line of JSON, and what
it prints goes to standard error.

A server that others use takes part when POLYPROC_ADDRESS names it, or one answers on the default
socket; otherwise a private one is started.

Ctrl-C begins no more items and waits for those that run; a second one kills them. SIGTERM and
SIGHUP end those that run: SIGTERM, and SIGKILL a second later. Ctrl-Z stops them, and fg continues
them.
With --detach the server has the items, and goes on by itself: the handle of the run is printed, for
attach, runs and kill.
Exit status: 0 all well, 1 some failed, 2 usage, 69 no server, 141 the reader closed the output.
After a signal map ends by that signal, which a shell shows as 130 (Ctrl-C), 143 (SIGTERM) or 129.

Examples:
  $ polyproc map --glob 'photos/*.png' -- mogrify -path small -resize 50% {}
  $ find . -name '*.log' -print0 | polyproc map -0 -j 8 -- gzip -9
  $ polyproc map --module ./hash.js --export digest --chunk-size 50 < files.txt > hashes.txt
  $ polyproc map --timeout 2m --retries 2 --halt soon,fail=10 --json a b c -- ./build.sh {}
`;

/** `polyproc map`. `command`: the arguments after `--`. */
export function mapCommand(command: readonly string[] | null, exit: (ending: Ending) => void): Command {
  return new Command("map")
    .summary("run a command or a function once for each item, N at a time")
    .description("Runs a command, or a function of a module, once for each item, N at a time.")
    .usage(
      "[options] [ITEM...] -- COMMAND [ARGUMENT...]\n" +
        "       polyproc map [options] --module FILE [--export NAME] [ITEM...]",
    )
    .argument("[item...]", "the items")
    .option("-j, --jobs <n>", "how many at a time (default: the number of processors)", wholeNumber(1, 4096))
    .option("--module <file>", "run a function of this JavaScript, TypeScript or Python file, in worker processes")
    .option("--export <name>", "the function's name in the module (default: its default export)")
    .option(
      "--interpreter <path>",
      "the program that runs the function, such as an environment's bin/python (default for Python: that of the " +
        "environment nearest to the module, else python3)",
    )
    .option(
      "--glob <pattern>",
      "items are the files that match, sorted; ** reaches into folders; may be repeated",
      collect,
    )
    .option("-0, --null", "items on standard input end with NUL, not with a line end")
    .option("--json-items", "each item is JSON, not text")
    .option(
      "--chunk-size <n>",
      "items that a worker is given at once; for short functions, a command gets one in any case",
      wholeNumber(1),
      1,
    )
    .option("--timeout <duration>", "limit for each item, such as 10 (seconds), 500ms, 2m (default: none)", duration)
    .option(
      "--retries <n>",
      "retry an item up to this many times when it fails, times out or its worker dies",
      wholeNumber(0),
      0,
    )
    .addOption(
      new Option(
        "--halt <when>",
        "end early: soon,fail=N begins no more items at the Nth failure, now,fail=N ends those that run, too",
      )
        .argParser(halt)
        .default({ when: "never" }, "never"),
    )
    .option("-k, --keep-order", "print in the order of the items, not as they end")
    .option("--json", "print a JSON object for each item: {index, item, ok, value | error, ms, pid}")
    .option("--tag", "begin each line of output with its item and a tab")
    .option("-q, --quiet", "no progress and no summary; failures are told all the same")
    .option("--detach", "hand all items to the server that others use, print the run's handle, and end")
    .option(
      "--cluster [address]",
      "run the items on the hosts of a cluster, redis[s]://HOST (default address: POLYPROC_CLUSTER)",
    )
    .option("--name <name>", "with --detach: what the run is called in lists (default: what it runs)")
    .addHelpText("after", help)
    .action(async (items: string[], options: MapOptions) => exit(await map(items, command, options)));
}

function halt(text: string): Halt {
  const parsed = parseHalt(text);
  if (parsed) return parsed;
  throw new InvalidArgumentError("Expected now,fail=N, soon,fail=N or never.");
}

async function map(args: string[], command: readonly string[] | null, options: MapOptions): Promise<Ending> {
  if (options.module !== undefined && command !== null)
    throw new UsageError("give either --module or a command after --, not both");
  if (options.module === undefined && command === null)
    throw new UsageError(
      "say what to run: polyproc map ITEM... -- COMMAND {}, or --module FILE --export NAME (--help has examples)",
    );
  if (options.export !== undefined && options.module === undefined)
    throw new UsageError("--export names a function of --module FILE, which is missing");
  if (options.interpreter !== undefined && options.module === undefined)
    throw new UsageError("--interpreter runs the function of --module FILE, which is missing");
  if (options.json && options.tag)
    throw new UsageError("--tag is for lines of text; with --json each object names its item");
  const warning = command && shellWarning(commandTarget(command, null));
  if (warning) process.stderr.write(`polyproc: ${warning}\n`);

  const source = await itemSource({
    args,
    globs: options.glob ?? [],
    nul: options.null ?? false,
    json: options.jsonItems ?? false,
  });
  if (options.detach && (options.keepOrder || options.json || options.tag || options.quiet))
    throw new UsageError(
      "-k, --json, --tag and -q say how outcomes are printed: give them to polyproc attach, not together with --detach",
    );
  if (options.name !== undefined && !options.detach)
    throw new UsageError("--name is for a run that goes on by itself: use it with --detach");
  const cluster = clusterOf(options);
  const server = await (options.detach ? openSharedServer() : openAnyServer(options.module, () => nodeOf(options)));
  try {
    if (options.detach) return await start(server, source, targetOf(server, command, options), options);
    return await runMap(server, targetOf(server, command, options), source, options, cluster);
  } finally {
    await server.connection.close();
  }
}

/** The cluster's address. Fails with UsageError. */
function clusterOf({ cluster, detach }: MapOptions): string | undefined {
  if (cluster === undefined) return undefined;
  if (detach) throw new UsageError("--detach hands the items to a server of this machine: leave --cluster out");
  return clusterAddress(cluster);
}

function nodeOf({ module, quiet }: MapOptions): string {
  if (module === undefined) return process.execPath;
  const { path, note } = chooseNode(module);
  if (note !== null && !quiet) process.stderr.write(`polyproc: ${note}\n`);
  return path;
}

async function start(
  { connection }: ServerLink,
  source: ItemSource,
  target: Target,
  options: MapOptions,
): Promise<number> {
  const run = await detach(connection, source, {
    name: options.name,
    target,
    processes: options.jobs ?? connection.facts.cpuCount,
    chunkSize: options.chunkSize,
    retries: options.retries,
    timeoutMs: options.timeout ?? null,
    halt: options.halt,
  });
  process.stdout.write(`${run}\n`);
  return exitStatus.ok;
}

function targetOf(server: ServerLink, command: readonly string[] | null, options: MapOptions): Target {
  // This machine's folders and environment are those of no other host.
  const isHere = server.isLocal && options.cluster === undefined;
  if (command)
    return commandTarget(
      command,
      isHere ? surroundings(server) : null,
      isHere && !options.detach ? join(tmpdir(), `polyproc-output-${randomUUID()}`) : null,
    );
  return moduleTarget(options.module!, options.export, server.isLocal, options.interpreter);
}

async function runMap(
  server: ServerLink,
  target: Target,
  source: ItemSource,
  options: MapOptions,
  cluster: string | undefined,
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
    processes: options.jobs ?? (cluster === undefined ? connection.facts.cpuCount : undefined),
    cluster,
    chunkSize: options.chunkSize,
    retries: options.retries,
    timeoutMs: options.timeout ?? null,
    onStarted: (index, item) => report.started(index, item),
    onOutcome: (outcome) => {
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
    await report.end();
    await terminal.flushed();
    stopWatching();
    stopSuspending();
  }
  return ending ?? (report.isBad ? exitStatus.failed : exitStatus.ok);
}

/** Milliseconds between SIGTERM and SIGKILL when `--halt now` or a signal ends running items. */
const graceMs = 1000;
