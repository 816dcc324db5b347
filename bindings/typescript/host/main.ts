/**
 * A worker host's main module. It imports little, so that it sends `worker/ready` early, and loads the rest while the
 * server answers. Notifications that arrive before the host has started are kept.
 */
import { protocolVersion } from "../../../protocol/version.js";
import { DirectIntake } from "../../../server/ipc/framing/direct-intake.js";
import { largestMessageBytes } from "../../../server/ipc/framing/fragments.js";
import { RpcEndpoint } from "../../../server/ipc/framing/rpc-endpoint.js";
import { enableCompileCache } from "./compile-cache.js";
import type { HostFacts } from "./link.js";
import { HostStream, serverHasGone } from "./stream.js";
import { openTaskChannel } from "./task-channel.js";

// The inspector is loaded only when it is needed.
if (process.env["POLYPROC_DEBUG"] !== undefined) (await import("./debugger.js")).awaitDebugger();

// The server receives the interrupt, too, and decides which hosts end.
process.on("SIGINT", () => {});

// Those of the server, by which it opens the inspector: not the program's, nor its forks'.
process.execArgv = process.execArgv.filter(
  (option) => !/^--inspect-(port=127\.0\.0\.1:0|publish-uid=stderr)$/.test(option),
);

const early: [method: string, params: unknown][] = [];
let receive = (method: string, params: unknown): void => {
  early.push([method, params]);
};

const channel = openTaskChannel();
const intake = new DirectIntake();
const stream = new HostStream(3, intake);
const endpoint = new RpcEndpoint(stream, {
  intake,
  onNotification: (method, params) => receive(method, params),
  onClose: serverHasGone,
});
const answer = endpoint.request("worker/ready", {
  protocolVersion,
  runtime: "node",
  pid: process.pid,
  workerChannels: channel !== null,
  // SIGUSR1 opens the inspector. Windows has no signals.
  ...(process.platform === "win32" ? {} : { stacks: { by: "inspector" } }),
  capabilities: { channels: process.platform === "linux", maxPayloadBytes: largestMessageBytes },
});
endpoint.flush();

process.on("newListener", (event) => {
  if (event === "SIGUSR1") hideStack("the program listens to SIGUSR1 itself, with which the server asks for the stack");
});
enableCompileCache();
void begin();

function hideStack(reason: string): void {
  endpoint.notify("worker/hidesStack", { reason });
  endpoint.flush();
}

async function begin(): Promise<void> {
  try {
    const [facts, { startHost }] = await Promise.all([answer as Promise<HostFacts>, import("./host.js")]);
    receive = startHost(endpoint, stream, facts, channel);
    for (const [method, params] of early) receive(method, params);
  } catch (error) {
    process.stderr.write(`the worker host could not begin: ${String(error)}\n`);
    process.exit(1);
  }
}
