import { randomUUID } from "node:crypto";
import { availableParallelism, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { hasRawBytes, textToBytes } from "../../protocol/escaped-text.js";
import { oneLine } from "../../protocol/one-line.js";
import type { Target } from "../../protocol/target.js";
import { clusterAddress } from "../cluster-address.js";
import type { Ending } from "../ending.js";
import { exitStatus } from "../exit-status.js";
import { quoted } from "../quoted.js";
import { wholeNumber } from "../option-values.js";
import { openAnyServer, openSharedServer, type ServerLink } from "../server-link.js";
import { addSpellings } from "../spellings.js";
import { surroundings } from "../surroundings.js";
import { UsageError } from "../usage-error.js";
import { addCacheOptions, checkCache, openCache, runCache, type CacheOptions } from "./cache-options.js";
import { chooseNode } from "./target/choose-node.js";
import { commandTarget, shellWarning, type Surroundings } from "./target/command-target.js";
import { detach } from "./detach.js";
import { itemSource, type Item, type ItemSource } from "./items/items.js";
import { splitSources, type SplitSources } from "./items/input-sources.js";
import { addItemOptions, groupingOf, itemOptions, type GivenItemOptions } from "./items/item-options.js";
import { JobLog } from "./job-log.js";
import { addLimitOptions, checkLimits, type LimitOptions } from "./limits/limit-options.js";
import type { MapRunOptions } from "./map-run-options.js";
import { moduleTarget } from "./target/module-target.js";
import { addOutputOptions, checkOutput, streamingOf, type OutputOptions } from "./output/output-options.js";
import { ResultsFolder, TemporaryFiles } from "./output/output-files.js";
import { addOtherOptions } from "./other-options.js";
import { mapSpellings } from "./spellings.js";
import { addPipeOptions, checkPipe, pipeSource, type PipeOptions } from "./items/pipe-options.js";
import { checkTerminal, runOnTerminal } from "./on-terminal.js";
import { shownItem } from "./items/shown-item.js";
import { runMap, type RunParts } from "./run-map.js";
import { dryRun } from "./dry-run.js";
import { textTemplate } from "./target/template.js";
import { argumentsFor, itemCommand, regroup, replacing, shellWords, type ItemCommand } from "./target/what-runs.js";

interface MapOptions extends GivenItemOptions, LimitOptions, OutputOptions, CacheOptions, PipeOptions {
  chunkSize: number;
  module?: string;
  interpreter?: string;
  export?: string;
  shell?: string;
  replace?: string;
  log?: string;
  joblog?: string;
  resume?: true;
  resumeFailed?: true;
  dryRun?: true;
  tty?: true;
  workdir?: string;
  env?: [string, string][];
  detach?: true;
  name?: string;
  cluster?: string | true;
}

const help = `
Items are the arguments before --, what --glob matches, what follows ::: (before or after the
command), and the lines of -a FILE or :::: FILE; without any, the lines of standard input, read as
they are needed. Several ::: are combined; :::+ goes with the one before. Without --, what stands
before ::: is the command.
In COMMAND's arguments {} (or {item}) stands for the item, {.} for it without its extension, {/} for
its last part, {//} for its folder, {/.} for the last part without extension, {1} or {name} for a
field, {#} for its position from 1 ({index}: from 0), {%} for its slot, {item.name} for a member of
a JSON item, and {{}} for "{}" itself. Without an item among them, the item is added as the last
argument.

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
  $ polyproc map --shell 'gzip -c {} > {.}.gz' ::: *.log
  $ polyproc map -- convert {1} -resize {2} {1.}-{2}.png ::: *.jpg ::: 100 200
  $ cat big.log | polyproc map -k --pipe --block 10M -- grep -c timeout
  $ polyproc map --timeout 2m --retries 2 --halt soon,fail=10 --json a b c -- ./build.sh {}
`;

/** `polyproc map`. `command`: the arguments after `--`. */
export function mapCommand(command: readonly string[] | null, exit: (ending: Ending) => void): Command {
  const called = addCacheOptions(addOutputOptions(addLimitOptions(addPipeOptions(addItemOptions(new Command("map"))))))
    .description("Runs a command, or a function of a module, once for each item, N at a time.")
    .usage(
      "[options] [ITEM...] -- COMMAND [ARGUMENT...]\n" +
        "       polyproc map [options] -- COMMAND [ARGUMENT...] ::: ITEM... [::: ITEM...]\n" +
        "       polyproc map [options] --shell LINE [ITEM...]\n" +
        "       polyproc map [options] --module FILE [--export NAME] [ITEM...]",
    )
    .argument("[item...]", "the items")
    .option(
      "--module <file>",
      "run a function of this JavaScript, TypeScript or Python file, or of this installed npm package, in worker " +
        "processes",
    )
    .option("--export <name>", "the function's name in the module (default: its default export)")
    .option(
      "--shell <line>",
      "run this line by sh for each item; what stands for the item is quoted: 'gzip -c {} > {.}.gz'",
    )
    .option("--replace <text>", "this text stands for the item in the command or line, in place of {}")
    .option("--dry-run", "print the commands, and run none")
    .option("--tty", "run one command at a time, on this terminal: it may ask and draw, such as an editor")
    .option("--workdir <folder>", "run commands in this folder (default: this one)")
    .option(
      "--env <name=value>",
      "set a variable for the commands; without a value, to that of now; may be repeated",
      variable,
    )
    .option(
      "--interpreter <path>",
      "the program that runs the function, such as an environment's bin/python (default for Python: that of the " +
        "environment nearest to the module, else python3)",
    )
    .option(
      "--chunk-size <n>",
      "items that a worker is given at once; for short functions, a command gets one in any case",
      wholeNumber(1),
      1,
    )
    .option("--log <file>", "write a JSON object a line for each item that has ended: {command, item, index, ok, ...}")
    .option("--joblog <file>", "the same in the format of GNU parallel")
    .option("--resume", "pass over items that are in the log")
    .option("--resume-failed", "pass over items that have succeeded according to the log")
    .option("--detach", "hand all items to the server that others use, print the run's handle, and end")
    .option(
      "--cluster [address]",
      "run the items on the hosts of a cluster, redis[s]://HOST (default address: POLYPROC_CLUSTER)",
    )
    .option("--name <name>", "with --detach: what the run is called in lists (default: what it runs)")
    .addHelpText("after", help)
    .action(async (items: string[], options: MapOptions) => exit(await map(items, command, options)));
  return addOtherOptions(addSpellings(called, mapSpellings));
}

function variable(text: string, before: [string, string][] = []): [string, string][] {
  const at = text.indexOf("=");
  const value = process.env[text];
  if (at === -1 && value !== undefined) return [...before, [text, value]];
  if (at < 1) throw new InvalidArgumentError("Expected NAME=VALUE, or the name of a variable that is set.");
  return [...before, [text.slice(0, at), text.slice(at + 1)]];
}

async function map(args: string[], afterDashes: readonly string[] | null, options: MapOptions): Promise<Ending> {
  const own = splitSources(args);
  const after = splitSources(afterDashes ?? []);
  const [ownItems, command] = whatIsWhat(own, afterDashes && after.words, options);
  if (options.shell !== undefined && (command !== null || options.module !== undefined))
    throw new UsageError("--shell is what runs: leave the command after -- and --module out");
  if (options.module !== undefined && command !== null)
    throw new UsageError("give either --module or a command after --, not both");
  if (options.module === undefined && command === null && options.shell === undefined)
    throw new UsageError(
      own.words.length > 0
        ? `say what to run: ${shownItem(own.words[0]!)} is an item here; the command goes behind --, as in ` +
            "polyproc map -- COMMAND {}, or before ::: (--help has examples)"
        : "say what to run: polyproc map ITEM... -- COMMAND {}, or --module FILE --export NAME (--help has examples)",
    );
  if (options.export !== undefined && options.module === undefined)
    throw new UsageError("--export names a function of --module FILE, which is missing");
  if (options.interpreter !== undefined && options.module === undefined)
    throw new UsageError("--interpreter runs the function of --module FILE, which is missing");
  checkOutput(options, options);
  checkCache(options);
  const grouping = options.pipe ? null : groupingOf(options);
  if (grouping && options.module !== undefined)
    throw new UsageError("-n, -m and -X are for commands; a function gets several items at once by --chunk-size");
  if (grouping && options.shell !== undefined)
    throw new UsageError("--shell runs its line for one item: leave -n, -m and -X out");
  const inputs = [...own.sources, ...after.sources];
  checkPipe(options, ownItems, inputs);
  checkLimits(options, grouping !== null);
  checkTerminal({ ...options });
  for (const [name, value] of [
    ["--workdir", options.workdir],
    ["--env", options.env],
    ["--dry-run", options.dryRun],
  ] as const)
    if (options.module !== undefined && value !== undefined)
      throw new UsageError(`${name} is for commands; --module names a function`);

  const source = options.pipe ? pipeSource(options) : await itemSource(itemOptions(ownItems, inputs, options));
  const given = options.shell === undefined ? command : [options.shell];
  const ours = given && options.replace !== undefined ? replacing(given, options.replace) : given;
  const words = ours && options.shell !== undefined ? shellWords(ours[0]!, source.names, !options.pipe) : ours;
  const spread = options.pipe ? "none" : (grouping?.spread ?? "join");
  const filled: ItemCommand | null = words && itemCommand(words, source.names, spread);
  if (filled) {
    commandTarget(filled.words, null);
    const warning = options.shell === undefined ? shellWarning(filled.words[0]!, filled.template.shown) : null;
    if (warning) process.stderr.write(`polyproc: ${warning}\n`);
  }
  if (grouping && filled) regroup(source, grouping, filled.words, (options.jobs ?? ((n) => n))(availableParallelism()));
  const tagOf = options.tagstring === undefined ? null : tagger(options.tagstring, source.names);
  const isPlain =
    filled === null ||
    (filled.template.isPlain && grouping === null && !source.hasFields && !options.pipe && tagOf === null);
  const wordsOf = (item: Item & { ok: true }, index: number) =>
    filled ? [filled.words[0]!, ...argumentsFor(filled, item, source.names, index, 1)] : [];
  const describe = (item: Item & { ok: true }, index: number) =>
    filled ? quoted(wordsOf(item, index)) : `${options.module}#${options.export ?? "default"} ${item.text}`;
  if (options.dryRun) return dryRun(source, filled!);
  if (options.tty) return runOnTerminal(source, filled!, options, openLog(options, describe));
  const { keepOrder, json, tag, tagstring, quiet, progress, eta } = options;
  if (options.detach && [keepOrder, json, tag, tagstring, quiet, progress, eta].some((value) => value !== undefined))
    throw new UsageError(
      "-k, --json, --tag, --tagstring, -q, --progress and --eta say how outcomes are printed: give them to " +
        "polyproc attach, not together with --detach",
    );
  if (options.detach && !isPlain)
    throw new UsageError(
      "with --detach the server fills in the items, and it knows only {}, {item.name}, {index} and one input: " +
        "leave the others out, or --detach",
    );
  if (options.name !== undefined && !options.detach)
    throw new UsageError("--name is for a run that goes on by itself: use it with --detach");
  if (options.detach && (options.log !== undefined || options.joblog !== undefined))
    throw new UsageError("with --detach the server keeps the outcomes: leave --log and --joblog out");
  const log = openLog(options, describe);
  const cache = options.detach ? null : openCache(options, filled && filled.words, wordsOf);
  const cluster = clusterOf(options);
  const server = await (options.detach ? openSharedServer() : openAnyServer(options.module, () => nodeOf(options)));
  try {
    const target = targetOf(server, filled, isPlain, options);
    if (options.detach) return await start(server, source, target, cluster, options);
    const fill: MapRunOptions["fill"] = isPlain
      ? null
      : (item, index, slot) => {
          // An item that lacks what the tag names fails as one that lacks what the command names.
          tagOf?.(item, index);
          const args = argumentsFor(filled!, item, source.names, index, slot).map(asArgument);
          return options.pipe ? [item.value as Uint8Array, ...args] : args;
        };
    const files =
      options.results !== undefined
        ? new ResultsFolder(options.results, source.names)
        : options.files
          ? new TemporaryFiles()
          : null;
    return await runMap(server, target, source, options, { fill, cluster, log, files, cache, tagOf });
  } finally {
    await server.connection.close();
  }
}

/** What `--tagstring` becomes for each item. */
function tagger(text: string, names: readonly string[]): RunParts["tagOf"] {
  const template = textTemplate(text, names);
  return (item, index) => `${oneLine(template({ fields: item.fields, names, value: item.value, index, slot: 1 }))}\t`;
}

function asArgument(text: string): string | Uint8Array {
  return hasRawBytes(text) ? textToBytes(text) : text;
}

/** The items among the own arguments, and the command. Without `--`, what stands before `:::` is the command. */
function whatIsWhat(
  { words, sources }: SplitSources,
  afterDashes: string[] | null,
  { module, shell }: MapOptions,
): [items: string[], command: string[] | null] {
  const isCommand =
    afterDashes === null && module === undefined && shell === undefined && sources.length > 0 && words.length > 0;
  if (!isCommand) return [words, afterDashes];
  if (words.length === 1 && /\s/.test(words[0]!))
    throw new UsageError(
      `${shownItem(words[0]!)} is one word, and no program: a line for the shell is given as --shell LINE`,
    );
  return [[], words];
}

function openLog(
  { log, joblog, resume, resumeFailed }: MapOptions,
  describe: (item: Item & { ok: true }, index: number) => string,
): JobLog | null {
  if (log !== undefined && joblog !== undefined)
    throw new UsageError("--log and --joblog are two formats of one log: give one of them");
  if (resume && resumeFailed)
    throw new UsageError("--resume passes over failed items, --resume-failed runs them again: give one of them");
  const path = log ?? joblog;
  if (path !== undefined)
    return new JobLog(
      path,
      log === undefined ? "tab" : "json",
      resume ? "ended" : resumeFailed ? "succeeded" : "none",
      describe,
    );
  if (resume || resumeFailed)
    throw new UsageError("--resume and --resume-failed need the log of the earlier run: --log FILE or --joblog FILE");
  return null;
}

/** The cluster's address. Fails with UsageError. */
function clusterOf({ cluster }: MapOptions): string | undefined {
  return cluster === undefined ? undefined : clusterAddress(cluster);
}

function nodeOf({ module, quiet }: MapOptions): string {
  if (module === undefined) return process.execPath;
  const { path, note } = chooseNode(module);
  if (note !== null && !quiet) process.stderr.write(`polyproc: ${note}\n`);
  return path;
}

async function start(
  { connection, isLocal }: ServerLink,
  source: ItemSource,
  target: Target,
  cluster: string | undefined,
  options: MapOptions,
): Promise<number> {
  const { cpuCount } = connection.facts;
  const run = await detach(connection, source, {
    name: options.name,
    target,
    cluster,
    processes: options.jobs?.(cpuCount) ?? (cluster === undefined ? cpuCount : undefined),
    chunkSize: options.chunkSize,
    retries: options.retries,
    timeoutMs: options.timeout && "ms" in options.timeout ? options.timeout.ms : null,
    halt: options.halt,
    cache: runCache(options, isLocal),
  });
  process.stdout.write(`${run}\n`);
  return exitStatus.ok;
}

function targetOf(server: ServerLink, command: ItemCommand | null, isPlain: boolean, options: MapOptions): Target {
  if (!command) return moduleTarget(options.module!, options.export, server.isLocal, options.interpreter);
  // Other hosts do not have this machine's folders and environment.
  const isHere = server.isLocal && options.cluster === undefined;
  const streams = streamingOf(options) !== null;
  const target = commandTarget(
    isPlain ? command.words : command.words.slice(0, 1),
    around(isHere ? surroundings(server) : null, options),
    isHere && !options.detach && !streams ? join(tmpdir(), `polyproc-output-${randomUUID()}`) : null,
  );
  return {
    ...target,
    ...(streams ? { stream: true, maxOutputBytes: streamedBytes } : {}),
    ...(options.pipe ? { inputItem: true } : {}),
  };
}

/** If output is printed while the command runs, the result keeps its end, for messages. */
const streamedBytes = 16 * 1024;

/** Where commands run, with the folder and the variables that options name. */
function around(own: Surroundings | null, { workdir, env, nice }: MapOptions): Partial<Surroundings> {
  return {
    ...own,
    ...(nice === undefined ? {} : { nice }),
    ...(workdir === undefined ? {} : { cwd: resolve(workdir) }),
    ...(env === undefined ? {} : { env: { ...own?.env, ...Object.fromEntries(env) } }),
  };
}
