import type * as vscode from "vscode";
import type { Server } from "./connection/rpc.js";
import type { Model } from "./model/model.js";
import type { Runs } from "./runs/run.js";
import type { Settings } from "./settings.js";

/** What each part of the extension gets when it is registered. */
export interface Parts {
  readonly context: vscode.ExtensionContext;
  /** The one log of the extension. */
  readonly log: vscode.LogOutputChannel;
  readonly server: Server;
  readonly model: Model;
  readonly runs: Runs;
  readonly settings: Settings;
}
