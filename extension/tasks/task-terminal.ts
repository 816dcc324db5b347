import * as vscode from "vscode";
import { runTask, type TaskParts } from "./run-task.js";
import { Screen } from "./screen.js";

const controlC = "\u0003";
/** Until the terminal says how wide it is. */
const usualColumns = 80;

/**
 * The terminal of one task. Ctrl-C, VS Code's Stop and closing the terminal end the run, with every process that it
 * started. A window that is reloaded drops the terminal without an event: the run continues, like any other run.
 */
export class TaskTerminal implements vscode.Pseudoterminal {
  readonly #written = new vscode.EventEmitter<string>();
  readonly #exited = new vscode.EventEmitter<number>();
  readonly onDidWrite = this.#written.event;
  readonly onDidClose = this.#exited.event;
  readonly #parts: Omit<TaskParts, "screen" | "columns">;
  readonly #screen = new Screen((data) => this.#written.fire(data));
  readonly #stop = new AbortController();
  #columns = usualColumns;

  constructor(parts: Omit<TaskParts, "screen" | "columns">) {
    this.#parts = parts;
  }

  open(dimensions: vscode.TerminalDimensions | undefined): void {
    if (dimensions) this.setDimensions(dimensions);
    const parts = { ...this.#parts, screen: this.#screen, columns: () => this.#columns };
    void runTask(parts, this.#stop.signal).then((status) => this.#exited.fire(status));
  }

  close(): void {
    this.#stop.abort();
    this.#screen.close();
  }

  handleInput(data: string): void {
    if (this.#screen.input(data).includes(controlC)) this.#stop.abort();
  }

  setDimensions({ columns }: vscode.TerminalDimensions): void {
    this.#columns = columns;
  }
}
