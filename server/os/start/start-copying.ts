import { spawn, type ChildProcess, type StdioOptions } from "node:child_process";
import type { Socket } from "node:net";
import type { Launch } from "./launch.js";
import type { Running, StartEvents } from "./running.js";
import type { StandardPipes } from "./standard-pipes.js";

/** By `child_process`. Without `pipes` the standard streams are Node's. */
export function startCopying(launch: Launch, pipes: StandardPipes | null, events: StartEvents): Running | null {
  const { command, args, cwd, env, channels } = launch;
  const [input = null, output = "pipe", errors = "pipe"] = pipes?.childs ?? [];
  const standard = [input ?? (launch.stdin ? "pipe" : null), output, errors];
  const stdio = channels ? [...standard, "pipe", ...channels] : standard;
  let child: ChildProcess;
  try {
    child = spawn(command, args, {
      cwd,
      env,
      stdio: stdio.map((each) => each ?? "ignore") as StdioOptions,
      // Makes the child leader of a new process group and session. On Windows `detached` would open a console window.
      detached: process.platform !== "win32",
      windowsHide: true,
    });
  } catch (error) {
    pipes?.close();
    throw error;
  }
  child.on("error", (error) => events.failed(error));
  if (child.pid === undefined) {
    pipes?.close();
    return null;
  }
  const streams = { ...nodesStreams(child), ...pipes?.started() };
  child.once("spawn", () => events.spawned());
  child.once("exit", (code, signal) => {
    streams.stdin?.destroy();
    events.exited(signal === null ? { exitCode: code ?? 0, signal } : { exitCode: null, signal });
  });
  return { ...streams, pid: child.pid, connection: (child.stdio[3] as Socket | undefined) ?? null };
}

function nodesStreams(child: ChildProcess) {
  return {
    stdin: child.stdin as Socket | null,
    stdout: child.stdout as Socket,
    stderr: child.stderr as Socket,
  };
}
