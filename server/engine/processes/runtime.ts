import { PolyprocError } from "../../../protocol/errors.js";
import type { ModuleTarget, SourceTarget } from "../../../protocol/target.js";

/** How hosts are chosen, and which program each kind of host is. */
export interface RuntimeOptions {
  /** Further file endings, each with its runtime: `.pl` -> `perl`. */
  readonly runtimeEndings: Readonly<Record<string, string>>;
  /** The interpreter for a module, which is looked for near its path; undefined: the runtime's own. */
  readonly interpreterFor?: (runtime: string, module: string) => string | undefined;
  /** The runtime's own program, for display. */
  readonly programOf?: (runtime: string) => string | undefined;
}

/** What a host must be to run a function: a runtime and, unless it is the runtime's own, an interpreter. */
export interface HostKind {
  runtime: string;
  interpreter?: string | undefined;
}

export function hostKindOf(target: ModuleTarget | SourceTarget, options: RuntimeOptions): HostKind {
  const runtime = runtimeOf(target, options.runtimeEndings);
  const place = "source" in target ? (target.cwd === undefined ? "" : `${target.cwd}/source`) : target.module;
  return { runtime, interpreter: target.interpreter ?? options.interpreterFor?.(runtime, place) };
}

/** One text for each kind of host. A runtime's name has no space. */
export function keyOfKind({ runtime, interpreter }: HostKind): string {
  return interpreter === undefined ? runtime : `${runtime} ${interpreter}`;
}

export function kindOfKey(key: string): HostKind {
  const [, runtime, interpreter] = /^(\S*)(?: (.*))?$/s.exec(key)!;
  return { runtime: runtime!, interpreter };
}

/** The program of such a host, for display. */
export function programOf({ runtime, interpreter }: HostKind, options: RuntimeOptions): string {
  return interpreter ?? options.programOf?.(runtime) ?? runtime;
}

/** File ending -> runtime. */
const ours: Readonly<Record<string, string>> = {
  ".js": "node",
  ".mjs": "node",
  ".cjs": "node",
  ".ts": "node",
  ".mts": "node",
  ".cts": "node",
  ".jsx": "node",
  ".tsx": "node",
  ".py": "python",
};

/**
 * The runtime that a target names, or that its file's ending means. `endings`: further ones, which count more than
 * ours.
 */
export function runtimeOf(target: ModuleTarget | SourceTarget, endings: Readonly<Record<string, string>>): string {
  if (target.runtime !== undefined) return target.runtime;
  if ("source" in target) return "node";
  const path = target.module.split(/[?#]/)[0]!;
  const ending = path.slice(path.lastIndexOf(".")).toLowerCase();
  const runtime = Object.hasOwn(endings, ending)
    ? endings[ending]
    : Object.hasOwn(ours, ending)
      ? ours[ending]
      : undefined;
  if (runtime === undefined) {
    throw new PolyprocError(
      "TargetNotFound",
      `cannot tell the runtime of ${target.module} by its ending: name it ("runtime": "node", "python" …)`,
      { module: target.module },
    );
  }
  return runtime;
}
