import { PolyprocError } from "../../../protocol/errors.js";
import type { ModuleTarget, SourceTarget } from "../../../protocol/target.js";
import type { Callable } from "./callable.js";
import { endedWhileLoading, loadModuleTarget } from "./module-target.js";
import { prepareForFolder } from "./typescript/prepare.js";

export type HostTarget = ModuleTarget | SourceTarget;

/** Loads a target, or returns the error. Never rejects: a target that cannot be loaded fails each of its tasks. */
export async function loadTarget(target: HostTarget): Promise<Callable | Error> {
  try {
    return "source" in target ? await loadSource(target) : await loadModuleTarget(target);
  } catch (error) {
    return error instanceof Error
      ? error
      : new PolyprocError("TargetNotFound", `loading the target threw ${String(error)}`);
  }
}

async function loadSource(target: SourceTarget): Promise<Callable> {
  const { cwd = process.cwd(), source } = target;
  // It may import TypeScript, as the file in which it was written does.
  if (/\b(?:import|require)\s*\(/.test(source)) await prepareForFolder(cwd);
  return (await import("./source-target.js")).loadSourceTarget(target);
}

/** The targets that the server has sent to this host, by number. Each is loaded once. */
export class Targets {
  readonly #targets = new Map<number, HostTarget>();
  readonly #loaded = new Map<number, Callable | Error>();

  add(id: number, target: HostTarget): void {
    this.#targets.set(id, target);
  }

  has(id: number): boolean {
    return this.#targets.has(id);
  }

  /** The error if this target's module ends the process while it is loaded. */
  endedBy(id: number, code: number): PolyprocError {
    return endedWhileLoading(this.#targets.get(id)!, code);
  }

  /** Returns the target, or a promise while it is not loaded. */
  get(id: number): Callable | Error | Promise<Callable | Error> {
    const loaded = this.#loaded.get(id);
    if (loaded) return loaded;
    const target = this.#targets.get(id);
    if (!target) return new PolyprocError("InternalError", `the server named target ${id} without saying what it is`);
    return loadTarget(target).then((result) => {
      this.#loaded.set(id, result);
      return result;
    });
  }
}
