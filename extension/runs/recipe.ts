import type * as vscode from "vscode";
import type { Target } from "../../protocol/target.js";
import type { ItemSource } from "../items/item-source.js";
import type { RunOptions } from "./run.js";

/** How a run was started, so that it can be repeated. Its items are searched again, because files may have changed. */
export interface Recipe {
  /** What runs, for people: `countWords`, `gzip -9 {item}`. */
  what: string;
  target: Target;
  source: ItemSource;
  options: RunOptions;
}

const lastKey = "lastRun";
const functionsKey = "recentFunctions";
const commandsKey = "recentCommands";
const maxRecent = 5;
/** Most characters that are stored: the storage of a workspace should stay small. */
const maxStoredLength = 256 * 1024;

export interface RecentFunction {
  path: string;
  export: string;
  name: string;
}

/** The previous runs of this workspace, stored with it. */
export class RecentRuns {
  readonly #memory: vscode.Memento;
  #last: Recipe | undefined;

  constructor(memory: vscode.Memento) {
    this.#memory = memory;
  }

  get last(): Recipe | undefined {
    return this.#last ?? this.#memory.get<Recipe>(lastKey);
  }

  /** Newest first. */
  get functions(): readonly RecentFunction[] {
    return this.#memory.get<RecentFunction[]>(functionsKey, []);
  }

  /** Newest first. */
  get commands(): readonly string[] {
    return this.#memory.get<string[]>(commandsKey, []);
  }

  async remember(recipe: Recipe): Promise<void> {
    this.#last = recipe;
    const stored = JSON.stringify(recipe).length <= maxStoredLength ? recipe : undefined;
    const { target, what } = recipe;
    const updates = [this.#memory.update(lastKey, stored)];
    if ("module" in target) {
      const used: RecentFunction = { path: target.module, export: target.export ?? "default", name: what };
      const others = this.functions.filter(({ path, export: name }) => path !== used.path || name !== used.export);
      updates.push(this.#memory.update(functionsKey, [used, ...others].slice(0, maxRecent)));
    } else if ("command" in target) {
      updates.push(
        this.#memory.update(commandsKey, [what, ...this.commands.filter((line) => line !== what)].slice(0, maxRecent)),
      );
    }
    await Promise.all(updates);
  }
}
