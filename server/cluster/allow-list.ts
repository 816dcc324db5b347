import { realpathSync } from "node:fs";
import { isAbsolute, relative, resolve } from "node:path";
import { PolyprocError } from "../../protocol/errors.js";
import type { Target } from "../../protocol/target.js";
import { hashOfModule, moduleFile } from "./module-file.js";
import type { SpecRecord } from "./records.js";

/** What an agent may run. By default nothing. */
export interface Allowed {
  /** Folders whose modules it runs. */
  readonly modules: readonly string[];
  readonly commands: boolean;
  /** The source text of functions. */
  readonly sources: boolean;
  /** Python's values are pickles, and a pickle can run any code. */
  readonly pickles: boolean;
}

export class AllowList {
  readonly #allowed: Allowed;
  readonly #host: string;

  constructor(allowed: Allowed, host: string) {
    this.#allowed = { ...allowed, modules: allowed.modules.map(real) };
    this.#host = host;
  }

  /** Why this host does not run the job; null: it does. */
  refusal({ target, hash }: SpecRecord): PolyprocError | null {
    if ("command" in target)
      return this.#allowed.commands ? null : this.#refuse("it runs no commands (--allow-command)");
    if (target.interpreter !== undefined && !this.#allowed.commands)
      return this.#refuse("the client names the program that runs the function (--allow-command)");
    if (mayUnpickle(target) && !this.#allowed.pickles)
      return this.#refuse(
        "Python's values are pickles, which can run any code; it takes them signed (--key-file) or with --allow-pickle",
      );
    if ("source" in target)
      return this.#allowed.sources ? null : this.#refuse("it runs no source text (--allow-source)");
    const path = moduleFile(target);
    if (path === null) return this.#refuse(`${target.module} is no absolute path`);
    const file = real(path);
    if (!this.#allowed.modules.some((folder) => isIn(folder, file)))
      return this.#refuse(`${path} is in no folder that it runs modules of (--allow-module)`);
    return this.#compare(target, path, hash);
  }

  #compare(target: Target, module: string, hash: string | null): PolyprocError | null {
    const own = hashOfModule(target);
    const data = { host: this.#host, module };
    if (own === null)
      return new PolyprocError("TargetNotFound", `the host ${this.#host} has no ${module}; deploy it there`, data);
    if (hash === null || own === hash) return null;
    return new PolyprocError(
      "ModuleMismatch",
      `${module} on the host ${this.#host} is not the one of the client; deploy the same on all`,
      data,
    );
  }

  #refuse(why: string): PolyprocError {
    return new PolyprocError("NotTrusted", `the host ${this.#host} refuses the task: ${why}`, { host: this.#host });
  }
}

function mayUnpickle(target: Exclude<Target, { command: string }>): boolean {
  return (
    target.runtime === "python" ||
    ("module" in target && (target.context !== undefined || /\.pyw?([?#]|$)/i.test(target.module)))
  );
}

/** The path without links; as far as it exists. */
function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}

function isIn(folder: string, file: string): boolean {
  const path = relative(folder, file);
  return path !== "" && path !== ".." && !/^\.\.[/\\]/.test(path) && !isAbsolute(path);
}
