import { availableParallelism, hostname } from "node:os";
import { parseArgs } from "node:util";
import { PolyprocError } from "../protocol/errors.js";
import { parseDuration } from "../protocol/duration.js";
import { parseClusterAddress } from "./cluster/address.js";
import type { AgentOptions } from "./cluster/agent.js";
import { isHostName } from "./cluster/host-name.js";
import { UsageError } from "./usage-error.js";

export const agentUsage = `Usage: polyproc agent --cluster ADDRESS [options]

Runs tasks of a cluster's pools on this host, until SIGTERM or Ctrl-C. Then it takes no more tasks, and ends when its
tasks have ended; a second signal gives them back to other hosts at once.

  --cluster ADDRESS         redis[s]://[USER@]HOST[:PORT][/DATABASE][?cluster=NAME&lease=SECONDS&keyFile=PATH]
                            (default: POLYPROC_CLUSTER); the password comes from POLYPROC_CLUSTER_PASSWORD
  --name NAME               name of this host in the cluster (default: its host name)
  -j, --jobs N              tasks that it runs at a time (default: the number of processors)
  --labels A,B              what this host has, for pools that need it
  --allow-module FOLDER     run functions of modules in this folder; may be repeated
  --allow-command           run commands, and interpreters that clients name
  --allow-source            run the source text of functions
  --allow-pickle            run Python functions without a key: their values are pickles, which can run any code
  --key-file FILE           take work only if it is signed with the key in this file (keyFile= of the address)
  --drain-timeout DURATION  after the first signal, give back what still runs after this time (default: 10m)
  --config FILE             configuration with runtimes, as of polyproc serve
  --drain HOST              instead of running tasks, ask the agent of that host to take no more and to end

Without --allow-module, --allow-command and --allow-source it runs nothing.
`;

const options = {
  cluster: { type: "string" },
  name: { type: "string" },
  jobs: { type: "string", short: "j" },
  labels: { type: "string" },
  "allow-module": { type: "string", multiple: true },
  "allow-command": { type: "boolean" },
  "allow-source": { type: "boolean" },
  "allow-pickle": { type: "boolean" },
  "key-file": { type: "string" },
  "drain-timeout": { type: "string" },
  config: { type: "string" },
  drain: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

/** Fails with UsageError. `password`: for an address without one. */
export function parseAgentArguments(
  argv: readonly string[],
  password: string | null,
): (AgentOptions & { config: string | null; drain: string | null }) | "help" {
  const given = parse(argv);
  if (given.help) return "help";
  const cluster = given.cluster ?? process.env["POLYPROC_CLUSTER"];
  if (cluster === undefined || cluster === "")
    throw new UsageError("name the cluster with --cluster redis://HOST, or set POLYPROC_CLUSTER");
  const name = given.name ?? hostname();
  if (!isHostName(name))
    throw new UsageError(`--name: expected 1 to 100 letters, digits, and . _ -, got ${JSON.stringify(name)}`);
  const labels = given.labels === undefined ? [] : given.labels.split(",").map((label) => label.trim());
  for (const label of labels)
    if (!/^[\w.-]{1,100}$/.test(label))
      throw new UsageError(`--labels: expected letters, digits, and . _ -, got ${JSON.stringify(label)}`);
  const address = addressOf(cluster, password);
  return {
    address: { ...address, keyFile: given["key-file"] ?? address.keyFile },
    host: name,
    slots: slots(given.jobs ?? String(availableParallelism())),
    labels,
    allowed: {
      modules: given["allow-module"] ?? [],
      commands: given["allow-command"] ?? false,
      sources: given["allow-source"] ?? false,
      pickles: given["allow-pickle"] ?? false,
    },
    drainTimeoutMs: duration(given["drain-timeout"] ?? "10m"),
    config: given.config ?? null,
    drain: given.drain ?? null,
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message} (polyproc agent --help lists all options)`);
  }
}

function addressOf(text: string, password: string | null) {
  try {
    return parseClusterAddress(text, password);
  } catch (error) {
    if (error instanceof PolyprocError) throw new UsageError(error.message);
    throw error;
  }
}

function slots(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > 4096)
    throw new UsageError(`--jobs: expected a whole number from 1 to 4096, got ${JSON.stringify(text)}`);
  return value;
}

function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined)
    throw new UsageError(`--drain-timeout: expected a duration such as 30 (seconds), 10m, got ${JSON.stringify(text)}`);
  return ms;
}
