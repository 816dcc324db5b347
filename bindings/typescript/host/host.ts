import { messageOverheadBytes } from "../../../server/ipc/framing/fragments.js";
import type { RpcEndpoint } from "../../../server/ipc/framing/rpc-endpoint.js";
import type { NotificationParams } from "../session/methods.js";
import { defaultConnection } from "../session/default-connection.js";
import { canOpenMemory } from "../bypass/blocks.js";
import { loadClasses } from "./classes.js";
import { leave, reportThrown } from "./end.js";
import { adopt, decodeArguments, dropArguments, encodeResult, loadClassesBy } from "./host-codec.js";
import { setHostLink, type HostFacts } from "./link.js";
import { OutputCapture } from "./output.js";
import { ReportChannel, type Report } from "./report-channel.js";
import { Runner } from "./runner.js";
import type { HostStream } from "./stream.js";
import type { TaskChannel } from "./task-channel.js";

/** A host that is idle for this time, in milliseconds, loads the classes that tasks often need. */
const idleMs = 40;

/** Starts the host. Returns the function that receives the server's notifications. */
export function startHost(
  endpoint: RpcEndpoint,
  stream: HostStream,
  facts: HostFacts,
  channel: TaskChannel | null,
): (method: string, params: unknown) => void {
  endpoint.useFragments(facts.limits.maxMessageBytes);
  const usesBlocks = canOpenMemory(facts.memory);
  if (usesBlocks) endpoint.notify("memory/usable", {});
  const listeners: ((method: string, params: unknown) => void)[] = [];
  const reports = channel && new ReportChannel(endpoint, stream);
  const tell = (method: string, params: object) => {
    // What the task has released goes with its result: the server reads both at once.
    const handles = defaultConnection().releases.take();
    const messages: Report[] = [{ method, params }];
    if (handles) messages.unshift({ method: "handle/release", params: { handles } as object });
    if (reports?.write(messages)) return;
    for (const message of messages) endpoint.notify(message.method, message.params);
    endpoint.flush();
  };
  const beforeEnd: (() => Promise<void>)[] = [];
  const output = new OutputCapture((stream, data) => tell("worker/output", { stream, data }));
  /** This host itself ends the process, or has told the server that it will. */
  let ends = false;
  const end = (code: number) => {
    ends = true;
    // After `shutdown` the server accepts no more messages: output goes to the process's own streams.
    output.active = false;
    leave(endpoint, code, beforeEnd);
  };
  const runner = new Runner({
    channel,
    encode: encodeResult,
    decode: decodeArguments,
    drop: dropArguments,
    maxPayloadBytes: facts.limits.maxPayloadBytes - messageOverheadBytes,
    tell,
    ended(thrown) {
      if (thrown) reportThrown(runner.identity?.name ?? "Process", thrown.error);
      end(thrown ? 1 : 0);
    },
    retired: () => end(0),
  });

  loadClassesBy(loadClasses);
  setHostLink({
    endpoint,
    facts,
    usesBlocks,
    identity: () => runner.identity,
    task: () => runner.task,
    minted: { count: 0 },
    adopt,
    beforeEnd: (action) => beforeEnd.push(action),
    onNotification: (listener) => listeners.push(listener),
  });

  process.on("exit", (code) => {
    runner.flush();
    try {
      if (!ends) runner.exits(code);
    } catch {
      // The server has gone, too.
    }
    endpoint.flush();
  });
  process.on("uncaughtException", (error) => {
    // The task's module has a listener of its own: it handles the exception, as it would without this host.
    if (process.listenerCount("uncaughtException") > 1) return;
    if (runner.uncaught(error)) return;
    reportThrown(runner.identity?.name ?? "worker host", error);
    ends = true;
    process.exit(1);
  });
  setTimeout(() => {
    if (!runner.identity) void loadClasses();
  }, idleMs).unref();

  return (method, params) => {
    runner.turn.begins();
    switch (method) {
      case "worker/run":
        output.active = true;
        runner.accept(params as NotificationParams<"worker/run">);
        return;
      case "worker/cancel": {
        const { seq, reason, from } = params as NotificationParams<"worker/cancel">;
        runner.cancel(seq, reason, from);
        return;
      }
      case "worker/exit":
        runner.retire();
        return;
      default:
        for (const listener of listeners) listener(method, params);
    }
  };
}
