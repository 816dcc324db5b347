import { enableCompileCache } from "./compile-cache.js";
import { protocolVersion } from "../../../protocol/version.js";
import { RpcEndpoint } from "../../../server/ipc/framing/rpc-endpoint.js";
import type { NotificationParams } from "../methods.js";
import { openClaims } from "./claims.js";
import { decodeArguments, encodeResult } from "./host-codec.js";
import { setHostLink, type HostFacts } from "./link.js";
import { OutputCapture } from "./output.js";
import { exitNow, leave, reportThrown } from "./end.js";
import { Runner } from "./runner.js";
import { HostStream, serverHasGone } from "./stream.js";

/** What a message holds besides its payload, at most. */
const messageOverheadBytes = 64 * 1024;

enableCompileCache();

const claims = openClaims();
const listeners: ((method: string, params: unknown) => void)[] = [];
let answer: HostFacts | null = null;

const endpoint = new RpcEndpoint(new HostStream(3), { onNotification: receive, onClose: serverHasGone });
const output = new OutputCapture((stream, data) => {
  endpoint.notify("worker/output", { stream, data });
  endpoint.flush();
});

const runner = new Runner({
  claims,
  encode: encodeResult,
  decode: decodeArguments,
  maxPayloadBytes: () => (answer?.limits.maxMessageBytes ?? 0) - messageOverheadBytes,
  tell(method, params) {
    endpoint.notify(method, params);
    endpoint.flush();
  },
  ended(thrown) {
    if (thrown) reportThrown(runner.identity?.name ?? "Process", thrown.error);
    output.active = false;
    leave(endpoint, thrown ? 1 : 0);
  },
  retired() {
    output.active = false;
    leave(endpoint, 0);
  },
});

function receive(method: string, params: unknown): void {
  runner.turn.begins();
  switch (method) {
    case "worker/run":
      output.active = true;
      runner.accept(params as NotificationParams<"worker/run">);
      return;
    case "worker/cancel": {
      const { seq, reason } = params as NotificationParams<"worker/cancel">;
      runner.cancel(seq, reason);
      return;
    }
    case "worker/exit":
      runner.retire();
      return;
    default:
      for (const listener of listeners) listener(method, params);
  }
}

const facts = endpoint.request("worker/ready", { protocolVersion, runtime: "node", pid: process.pid, claims: claims !== null }) as Promise<HostFacts>;
endpoint.flush();
facts.then(
  (value) => {
    answer = value;
  },
  (error: unknown) => {
    process.stderr.write(`the worker host could not begin: ${String(error)}\n`);
    exitNow(1);
  },
);

setHostLink({
  endpoint,
  facts,
  identity: () => runner.identity,
  task: () => runner.task,
  onNotification: (listener) => listeners.push(listener),
});

process.on("exit", () => runner.flush());
// The server hears of an interrupt, too, and decides.
process.on("SIGINT", () => {});
process.on("uncaughtException", (error) => {
  // A listener of the task's own module takes care of it, as it would without this host.
  if (process.listenerCount("uncaughtException") > 1) return;
  if (runner.uncaught(error)) return;
  reportThrown(runner.identity?.name ?? "worker host", error);
  exitNow(1);
});
