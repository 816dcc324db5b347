import { getPriority } from "node:os";
import type { Child, ChildEvents, CommandSpec } from "../engine/processes/spawner.js";
import { OsChild } from "./child.js";
import { CommandStreams } from "./command-streams.js";
import { childEnvironment } from "./environment.js";
import type { Family } from "./family.js";
import { wrapped } from "./wrapped.js";

/** Starts any program. Standard input is `input`, the starter's, or empty. */
export function startCommand(
  family: Family,
  environment: NodeJS.ProcessEnv,
  spec: CommandSpec,
  events: ChildEvents,
): Child {
  const { command, args, cwd, input, umask, nice, limits, streams = [] } = spec;
  const piped = new CommandStreams(events, streams);
  const child = new OsChild(
    family,
    spec.owner ?? "",
    () => {
      const childId = family.newChildId();
      const env = childEnvironment(environment, childId, spec.env);
      return {
        ...wrapped({ ...niced(command, args, nice), cwd, env, limits }),
        cwd,
        env,
        stdin: input !== undefined || streams.includes("stdin"),
        childId,
        unpaused: streams,
        umask,
      };
    },
    events,
    {
      started(running) {
        // The program may exit or close its input before it has read everything: EPIPE is no error.
        running.stdin?.on("error", () => {});
        if (!streams.includes("stdin") && input !== undefined) running.stdin?.end(input);
        piped.started(running);
      },
      ended: () => piped.ended(),
    },
  );
  return streams.length === 0 ? child : Object.assign(child, { streams: piped });
}

/**
 * The command line for this niceness. The program `nice` sets it, because a process that has begun may already have
 * started others. A lower niceness than the server's needs privileges, and is ignored.
 */
function niced(command: string, args: readonly string[], nice: number | undefined) {
  const more = nice === undefined || process.platform === "win32" ? 0 : nice - getPriority();
  return more > 0 ? { command: "nice", args: ["-n", String(more), "--", command, ...args] } : { command, args };
}
