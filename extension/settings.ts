import * as vscode from "vscode";
import { parseDuration } from "../protocol/duration.js";
import type { RunOptions } from "./runs/run.js";

/** What becomes of the server when its last window closes. */
export type OnWindowClose = "keep" | "stop";
/** How much of the traffic with the server goes to the log. */
export type TraceLevel = "off" | "messages" | "verbose";

/**
 * The user's settings, read when they are needed. A value that makes no sense (settings.json takes anything) counts as
 * not given.
 */
export class Settings {
  /** How long the server stays when no window is connected and nothing runs, in milliseconds. */
  get idleTimeoutMs(): number {
    return this.number("server.idleTimeout", 600, 0) * 1000;
  }

  get onWindowClose(): OnWindowClose {
    return this.oneOf("onWindowClose", ["keep", "stop"]);
  }

  /** The Node.js that runs the server, and JavaScript and TypeScript functions; empty: to be found. */
  get nodePath(): string {
    return this.text("nodePath");
  }

  /** The interpreter of the functions of a Python module; empty: to be found. */
  pythonPath(module: vscode.Uri): string {
    return this.text("pythonPath", "", module);
  }

  get trace(): TraceLevel {
    return this.oneOf("trace.server", ["off", "messages", "verbose"]);
  }

  /** The options of a run unless the user or the caller changes them. */
  get runOptions(): RunOptions {
    const timeoutMs = parseDuration(this.text("run.timeout"));
    return {
      processes: Math.floor(this.number("run.processes", 0, 0)),
      chunkSize: Math.floor(this.number("run.chunkSize", 1, 1)),
      retries: Math.floor(this.number("run.retries", 0, 0)),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      cache: this.boolean("run.cache", false),
    };
  }

  /** Address of the Redis of the cluster; empty: there is none. */
  get cluster(): string {
    return this.text("cluster").trim();
  }

  /** The setting may differ by folder and by language. */
  codeLensEnabled({ uri, languageId }: vscode.TextDocument): boolean {
    return this.boolean("codeLens.enabled", true, { uri, languageId });
  }

  get outputGrouping(): "line" | "task" {
    return this.oneOf("output.grouping", ["line", "task"]);
  }

  get outputShow(): "onStart" | "onFailure" | "never" {
    return this.oneOf("output.show", ["onStart", "onFailure", "never"]);
  }

  /** Calls when one of these settings (without `polyproc.`) has changed. */
  onDidChange(sections: readonly string[], listener: () => void): vscode.Disposable {
    return vscode.workspace.onDidChangeConfiguration((change) => {
      if (sections.some((section) => change.affectsConfiguration(`polyproc.${section}`))) listener();
    });
  }

  number(section: string, otherwise: number, minimum: number, scope?: vscode.ConfigurationScope): number {
    const value = this.#get(section, scope);
    return typeof value === "number" && Number.isFinite(value) && value >= minimum ? value : otherwise;
  }

  text(section: string, otherwise = "", scope?: vscode.ConfigurationScope): string {
    const value = this.#get(section, scope);
    return typeof value === "string" ? value : otherwise;
  }

  boolean(section: string, otherwise: boolean, scope?: vscode.ConfigurationScope): boolean {
    const value = this.#get(section, scope);
    return typeof value === "boolean" ? value : otherwise;
  }

  /** The setting, or the first value if the setting is none of them. */
  oneOf<const T extends readonly [string, ...string[]]>(
    section: string,
    values: T,
    scope?: vscode.ConfigurationScope,
  ): T[number] {
    const value = this.#get(section, scope);
    return values.find((known) => known === value) ?? values[0];
  }

  #get(section: string, scope?: vscode.ConfigurationScope): unknown {
    return vscode.workspace.getConfiguration("polyproc", scope).get<unknown>(section);
  }
}
