import { availableParallelism, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { formatAddress, parseListenAddress, type Address } from "./address.js";
import { isLoopback } from "./cluster/loopback.js";
import { UsageError } from "./usage-error.js";

/** What the command line asks for. */
export interface ServerArguments {
  /** Serve one client on standard input and output. */
  stdio: boolean;
  /** Serve one client on this inherited socket. */
  fd: number | null;
  listen: Address[];
  tokenFile: string | null;
  tlsCert: string | null;
  tlsKey: string | null;
  /**
   * Milliseconds without a client, a non-daemonic child and an unfinished run after which the server ends; null: never.
   */
  idleTimeoutMs: number | null;
  warmHosts: number;
  /** Host the user's batch queue. */
  queue: boolean;
  cpuCount: number;
  maxMessageBytes: number;
  maxPayloadBytes: number;
  maxQueuedBytes: number;
  maxBufferedBytes: number;
  maxMemoryBytes: number;
  /** The configuration; null: that of POLYPROC_CONFIG, if set. */
  config: string | null;
  /** Further runtimes: name -> command and its arguments. */
  runtimes: Record<string, string[]>;
  /** Options of Node for worker hosts. */
  nodeOptions: string[];
}

export const usage = `Usage: polyproc serve [options]

  --stdio                    serve one client on standard input and output, and end with it
  --fd N                     serve one client on an inherited socket (0, or 3 to 15), and end with it
  --listen ADDRESS           unix:PATH, tcp:HOST:PORT or tls:HOST:PORT; may be repeated, also with --stdio
  --token-file FILE          holds the token that TCP clients must give; made when missing (or set POLYPROC_TOKEN)
  --tls-cert FILE, --tls-key FILE    PEM files for tls: addresses
  --idle-timeout SECONDS     end after that time without a client (default: never)
  --queue                    host the queue of polyproc add (the default socket's server does so without this)
  --warm-hosts N             idle workers to keep ready for start() (default 2)
  --cpu-count N              what pools take for the number of processors (default: that of the machine)
  --max-message-bytes N      largest message (default 67108864, at most a quarter of --max-memory-bytes)
  --max-payload-bytes N      largest message in fragments (default: half of --max-memory-bytes, at most 4 GiB)
  --max-queued-bytes N       unstarted tasks of a client, before it has to wait (default 134217728)
  --max-buffered-bytes N     unread items of a queue or pipe, before its writers have to wait (default 67108864)
  --max-memory-bytes N       what the server holds for all clients together
                             (default: a quarter of the memory, at least 536870912)
  --config FILE              the configuration: polyproc.json, say (default: $POLYPROC_CONFIG, if set)
  --runtime "NAME=COMMAND ARGS"      how worker hosts of a further runtime are started; may be repeated
  --node-option=OPTION       an option of Node for worker hosts, such as --node-option=--import=tsx; may be repeated
  --help, --version

When it is ready it prints "polyproc: listening on ADDRESS" for each address (not with --stdio).
`;

/** 4 GiB is the longest `bin` of msgpack and the longest Buffer of Node 20. */
const largestMessageBytes = 0xffff_ffff;

/** Less memory than this has no room for a few messages of each peer. */
const leastMaxMemoryBytes = 16 * 1024 * 1024;

const options = {
  stdio: { type: "boolean" },
  fd: { type: "string" },
  listen: { type: "string", multiple: true },
  "token-file": { type: "string" },
  "tls-cert": { type: "string" },
  "tls-key": { type: "string" },
  "idle-timeout": { type: "string" },
  queue: { type: "boolean" },
  "warm-hosts": { type: "string" },
  "cpu-count": { type: "string" },
  "max-message-bytes": { type: "string" },
  "max-payload-bytes": { type: "string" },
  "max-queued-bytes": { type: "string" },
  "max-buffered-bytes": { type: "string" },
  "max-memory-bytes": { type: "string" },
  config: { type: "string" },
  runtime: { type: "string", multiple: true },
  "node-option": { type: "string", multiple: true },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean" },
} as const;

/** Fails with UsageError. */
export function parseArguments(argv: readonly string[]): ServerArguments | "help" | "version" {
  const given = parse(argv);
  if (given.help) return "help";
  if (given.version) return "version";

  const listen = (given.listen ?? []).map(parseAddress);
  const stdio = given.stdio ?? false;
  const fd = given.fd === undefined ? null : ownerDescriptor(given.fd);
  if (!stdio && fd === null && listen.length === 0)
    throw new UsageError(
      "say where to serve: --listen unix:PATH, --listen tcp:127.0.0.1:PORT or --stdio (--help lists all options)",
    );
  if (stdio && fd !== null)
    throw new UsageError("--stdio and --fd exclude each other: both are for the one client that started the server");

  const tlsCert = given["tls-cert"] ?? null;
  const tlsKey = given["tls-key"] ?? null;
  for (const address of listen) {
    if (address.kind === "tls" && (tlsCert === null || tlsKey === null))
      throw new UsageError(`${formatAddress(address)} needs --tls-cert and --tls-key`);
    if (address.kind === "tcp" && !isLoopback(address.host)) {
      throw new UsageError(
        `${formatAddress(address)} can be reached from other machines in clear text: use tls: ` +
          "with --tls-cert and --tls-key, or 127.0.0.1",
      );
    }
  }

  const maxMemoryBytes = number(
    "max-memory-bytes",
    given["max-memory-bytes"] ?? String(defaultMaxMemoryBytes()),
    leastMaxMemoryBytes,
  );
  // A message may take a quarter of the memory, so that one large message does not block all others.
  const longest = Math.floor(maxMemoryBytes / 4);
  const maxMessageBytes = number(
    "max-message-bytes",
    given["max-message-bytes"] ?? String(Math.min(67108864, longest)),
    1024,
    0x3fff_ffff,
  );
  if (maxMessageBytes > longest) {
    throw new UsageError(
      `--max-message-bytes: one message may take a quarter of --max-memory-bytes (${longest} of ` +
        `${maxMemoryBytes}), got ${maxMessageBytes}: raise the one or lower the other`,
    );
  }

  // A message that fills the memory alone would block all others.
  const largest = Math.min(Math.floor(maxMemoryBytes / 2), largestMessageBytes);
  const maxPayloadBytes = number(
    "max-payload-bytes",
    given["max-payload-bytes"] ?? String(largest),
    1024,
    largestMessageBytes,
  );
  if (maxPayloadBytes > maxMemoryBytes) {
    throw new UsageError(
      `--max-payload-bytes: one message cannot take more than --max-memory-bytes (${maxMemoryBytes}), ` +
        `got ${maxPayloadBytes}: raise the one or lower the other`,
    );
  }

  return {
    stdio,
    fd,
    listen,
    tokenFile: given["token-file"] ?? null,
    tlsCert,
    tlsKey,
    idleTimeoutMs: given["idle-timeout"] === undefined ? null : seconds(given["idle-timeout"]) * 1000,
    queue: given.queue ?? false,
    warmHosts: number("warm-hosts", given["warm-hosts"] ?? "2", 0),
    cpuCount: number("cpu-count", given["cpu-count"] ?? String(availableParallelism()), 1),
    maxMessageBytes,
    maxPayloadBytes,
    maxQueuedBytes: number("max-queued-bytes", given["max-queued-bytes"] ?? "134217728", 1),
    maxBufferedBytes: number("max-buffered-bytes", given["max-buffered-bytes"] ?? "67108864", 1),
    maxMemoryBytes,
    config: given.config ?? null,
    nodeOptions: given["node-option"] ?? [],
    runtimes: Object.fromEntries((given.runtime ?? []).map(parseRuntime)),
  };
}

/** A quarter of the memory that this process may use. In a container that is less than the machine has. */
function defaultMaxMemoryBytes(): number {
  const constrained = process.constrainedMemory();
  const memory = constrained > 0 ? Math.min(totalmem(), constrained) : totalmem();
  return Math.max(512 * 1024 * 1024, Math.floor(memory / 4));
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message} (--help lists all options)`);
  }
}

function parseAddress(text: string): Address {
  try {
    return parseListenAddress(text);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function number(name: string, text: string, min: number, max = Number.MAX_SAFE_INTEGER): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max) {
    throw new UsageError(
      `--${name}: expected a whole number from ${min}${max === Number.MAX_SAFE_INTEGER ? "" : ` to ${max}`}, ` +
        `got ${JSON.stringify(text)}`,
    );
  }
  return value;
}

/**
 * Node closes only the descriptors up to 15 in the programs that it starts. With a higher descriptor, children would
 * hold the client's connection.
 */
function ownerDescriptor(text: string): number {
  const fd = number("fd", text, 0, 15);
  if (fd === 1 || fd === 2)
    throw new UsageError(`--fd ${fd}: standard output and error are for messages; pass the socket as 0, or as 3 to 15`);
  return fd;
}

function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < 0)
    throw new UsageError(`--idle-timeout: expected seconds, got ${JSON.stringify(text)}`);
  return value;
}

function parseRuntime(text: string): [string, string[]] {
  const [, name, command] = /^([A-Za-z][\w.+-]*)=\s*(\S.*)$/.exec(text) ?? [];
  if (name === undefined || command === undefined || name === "command")
    throw new UsageError(`--runtime: expected NAME=COMMAND, got ${JSON.stringify(text)}`);
  return [name, command.trim().split(/\s+/)];
}
