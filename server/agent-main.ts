import { PolyprocError } from "../protocol/errors.js";
import { agentUsage, parseAgentArguments } from "./agent-arguments.js";
import { parseArguments, type ServerArguments } from "./arguments.js";
import { takeClusterPassword } from "./cluster-password.js";
import { PolyprocServer } from "./server.js";
import { UsageError } from "./usage-error.js";

/** Runs an agent. Returns its server, or undefined if there is nothing to serve. Fails with UsageError. */
export async function runAgent(argv: readonly string[]): Promise<PolyprocServer | undefined> {
  const options = parseAgentArguments(argv, takeClusterPassword());
  if (options === "help") {
    process.stdout.write(agentUsage);
    return undefined;
  }
  if (options.drain !== null) {
    const { drain } = options;
    const [{ BriefStore }, { drainHost }] = await Promise.all([
      import("./cluster/brief-store.js"),
      import("./cluster/hosts.js"),
    ]);
    const brief = new BriefStore(options.address);
    await brief.use((store) => drainHost(store, drain)).catch(asUsageError);
    brief.end();
    return undefined;
  }
  // Tasks name the cluster by it. The password stays here.
  process.env["POLYPROC_CLUSTER"] = options.address.shown;
  const given = parseArguments([
    "--stdio",
    ...["--cpu-count", String(options.slots)],
    ...(options.config === null ? [] : ["--config", options.config]),
  ]) as ServerArguments;
  const server = await PolyprocServer.start({ ...given, stdio: false });
  server.onStopped = () => process.exit(0);
  try {
    const agent = await server.joinCluster(options);
    agent.onEnded = () => void server.stop();
    let signals = 0;
    const end = () => {
      if (++signals > 1) agent.giveBack();
      else
        process.stdout.write(
          `polyproc: ${options.host} takes no more work, and leaves when its tasks have ended; a second signal gives ` +
            "them to other hosts\n",
        );
      void agent.drain();
    };
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, end);
    process.stdout.write(`polyproc: ${options.host} takes work from ${options.address.shown}\n`);
    process.stdout.on("error", () => {});
    return server;
  } catch (error) {
    server.onStopped = () => {};
    await server.stop();
    return asUsageError(error);
  }
}

function asUsageError(error: unknown): never {
  if (error instanceof PolyprocError) throw new UsageError(error.message);
  throw error;
}
