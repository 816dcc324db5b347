import * as vscode from "vscode";
import { resolveItems } from "../items/resolve-items.js";
import type { Run } from "../runs/run.js";
import type { Parts } from "../parts.js";
import { describeDefinition, taskRequest } from "./task-request.js";
import { TaskTerminal } from "./task-terminal.js";

export const taskType = "polyproc";

/**
 * Makes the tasks of type `polyproc` in tasks.json run. It offers no tasks of its own: the user decides what runs on
 * which items.
 */
export class PolyprocTaskProvider implements vscode.TaskProvider {
  readonly #parts: Pick<Parts, "runs" | "server">;
  /** Runs in progress, each for the next terminal of the task with this name. */
  readonly #resumed = new Map<string, Run>();

  constructor(parts: Pick<Parts, "runs" | "server">) {
    this.#parts = parts;
  }

  /** The next terminal of the task with this name shows a run that is in progress. */
  resume(name: string, run: Run): void {
    this.#resumed.set(name, run);
  }

  provideTasks(): vscode.Task[] {
    return [];
  }

  resolveTask({ definition, scope, name }: vscode.Task): vscode.Task {
    const place = {
      name,
      folder:
        typeof scope === "object" ? scope.uri.fsPath : (vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? null),
    };
    // The definition that is passed has its variables resolved.
    const execution = new vscode.CustomExecution((resolved) => Promise.resolve(this.#terminal(resolved, place)));
    return new vscode.Task(definition, scope ?? vscode.TaskScope.Workspace, name, taskType, execution);
  }

  #terminal(definition: vscode.TaskDefinition, place: { name: string; folder: string | null }): TaskTerminal {
    const { runs, server } = this.#parts;
    const resumed = this.#resumed.get(place.name);
    this.#resumed.delete(place.name);
    return new TaskTerminal({
      runs,
      resumed: resumed?.ended === false ? resumed : null,
      what: describeDefinition(definition),
      prepare: (signal, columns) => taskRequest(definition, place, columns, (source) => resolveItems(source, signal)),
      openFeed: async () => {
        await server.ensure();
        // Loaded with the first task: it is half of the binding.
        const { openOutputFeed } = await import("./output-feed.js");
        return openOutputFeed(server.address);
      },
    });
  }
}
