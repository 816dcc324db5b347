import { isDeepStrictEqual } from "node:util";
import { PolyprocError } from "../../protocol/errors.js";
import type {
  Child,
  ChildEvents,
  CommandSpec,
  Host,
  HostEvents,
  HostSpec,
  Spawner,
} from "../engine/processes/spawner.js";
import { Channels } from "./bypass/channel.js";
import { startCommand } from "./command.js";
import { baseEnvironment } from "./environment.js";
import { Family } from "./family.js";
import { OsHost, type OnHostConnection, type RuntimeCommand } from "./host.js";
import { openOutputFolder } from "./output-folder.js";
import { refusedChild } from "./refused.js";
import { forgetUsage, measureUsage } from "./usage.js";

export interface SpawnerOptions {
  /** Marks every process below this server, so that daemons among them can be found. */
  instanceId: string;
  /** By name: `node`, `python` … */
  runtimes: Record<string, RuntimeCommand>;
  /** For every child, in addition to the server's own environment. */
  childEnv?: Record<string, string>;
  /** Writes a line to the server's log. */
  tellPeople?: (text: string) => void;
  /** A host was started; `socket` is its connection. Called right after its `spawned`. */
  onHostConnection: OnHostConnection;
}

/** Default of `dispose`: milliseconds between SIGTERM and SIGKILL. */
const disposeGraceMs = 1000;

export interface OsSpawner extends Spawner {
  /**
   * Ends every child with its descendants: SIGTERM, then SIGKILL after `graceMs` (default 1000). Resolves when all were
   * reaped. Later starts are refused.
   */
  dispose(graceMs?: number): Promise<void>;
}

/** The engine's spawner for processes of this system. */
export function createSpawner(options: SpawnerOptions): OsSpawner {
  const family = new Family(options.instanceId, options.tellPeople);
  const channels = new Channels(family.fifos);
  const environment = baseEnvironment(options.instanceId, options.childEnv ?? {});
  let disposed: Promise<void> | null = null;

  const ending = () => new PolyprocError("ShuttingDown", "the server is ending and starts no more processes");

  return {
    startHost(spec: HostSpec, events: HostEvents): Host {
      if (disposed) return refusedChild(ending(), events);
      const runtime = Object.hasOwn(options.runtimes, spec.runtime) ? options.runtimes[spec.runtime] : undefined;
      if (!runtime) {
        const known = Object.keys(options.runtimes).join(", ");
        return refusedChild(
          new PolyprocError(
            "SpawnFailed",
            `there is no runtime ${JSON.stringify(spec.runtime)} here; this server has: ${known}`,
            { runtime: spec.runtime },
          ),
          events,
        );
      }
      const command = spec.interpreter === undefined ? runtime : { ...runtime, command: spec.interpreter };
      return new OsHost(family, environment, command, spec, events, options.onHostConnection);
    },
    startCommand(spec: CommandSpec, events: ChildEvents): Child {
      if (disposed) return refusedChild(ending(), events);
      return startCommand(family, environment, spec, events);
    },
    openOutputFolder,
    usage: measureUsage,
    runtimes: () => Object.keys(options.runtimes),
    differs({ runtime, env = {}, execArgv }: HostSpec): boolean {
      const usual = options.runtimes[runtime]?.execArgv;
      if (usual && execArgv && !isDeepStrictEqual([...usual], execArgv)) return true;
      return Object.entries(env).some(([name, value]) => (environment[name] ?? null) !== value);
    },
    get guardianPid() {
      return family.guardian.pid;
    },
    openChannel: () => channels.open(),
    dispose(graceMs = disposeGraceMs) {
      disposed ??= family.end(graceMs).finally(forgetUsage);
      return disposed;
    },
  };
}
