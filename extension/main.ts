import * as vscode from "vscode";
import type { Server } from "./connection/rpc.js";
import type { Parts } from "./parts.js";

/** Placeholder until the core stands. */
export function activate(_context: vscode.ExtensionContext): void {}
export function deactivate(): void {}
export type { Parts, Server };
