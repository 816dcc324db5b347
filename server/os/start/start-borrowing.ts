import { closeSync } from "node:fs";
import { Socket } from "node:net";
import { isMainThread } from "node:worker_threads";
import { makeSocketPair, startProcess } from "../../../native/load.js";
import { findProgram } from "./find-program.js";
import type { Launch } from "./launch.js";
import { awaitExit, watchExits } from "./reaper.js";
import type { Running, StartEvents } from "./running.js";
import type { StandardPipes } from "./standard-pipes.js";

/**
 * By the native code: the child borrows this process's memory until it has become the program. Null, and nothing has
 * happened, where that cannot be, and if the program could not be started.
 */
export function startBorrowing(launch: Launch, pipes: StandardPipes, events: StartEvents): Running | null {
  if (!isMainThread) return null;
  const { args, cwd, env, channels } = launch;
  const path = findProgram(launch.command, cwd, env);
  if (path === null) return null;
  const environment = variables(env);
  if ([launch.command, ...args, ...environment].some((text) => text.includes("\0"))) return null;
  const pair = channels ? makeSocketPair() : null;
  if (channels && !pair) return null;
  watchExits();
  const pid = startProcess({
    path,
    args: [launch.command, ...args],
    env: environment,
    cwd,
    descriptors: [...pipes.childs, ...(channels ? [pair![1], ...channels] : [])],
  });
  if (pair) closeSync(pair[1]);
  if (pid === null) {
    if (pair) closeSync(pair[0]);
    return null;
  }
  const streams = { stdin: null, ...pipes.started() };
  const connection = pair && new Socket({ fd: pair[0], readable: true, writable: true });
  process.nextTick(() => events.spawned());
  awaitExit(pid, (status) => {
    streams.stdin?.destroy();
    events.exited(status);
  });
  return { ...streams, pid, connection };
}

function variables(env: NodeJS.ProcessEnv): string[] {
  const list: string[] = [];
  for (const name in env) if (env[name] !== undefined) list.push(`${name}=${env[name]}`);
  return list;
}
