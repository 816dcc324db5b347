import * as vscode from "vscode";

/** The context keys of the manifest's `when` clauses. */
export interface ContextValues {
  /** Processes run. */
  "polyproc.hasRunning": boolean;
  /** Ended processes are listed. */
  "polyproc.hasEnded": boolean;
  /** Pools are under way. */
  "polyproc.hasPools": boolean;
  "polyproc.hasDeadlock": boolean;
  /** `kind` of ServerState. */
  "polyproc.serverState": string;
}

/** Sets only the keys that changed: for each key that is set, the editor evaluates all menus again. */
export class ContextKeys {
  readonly #told = new Map<string, unknown>();

  set(values: ContextValues): void {
    for (const [key, value] of Object.entries(values)) {
      if (this.#told.get(key) === value) continue;
      this.#told.set(key, value);
      void vscode.commands.executeCommand("setContext", key, value);
    }
  }
}
