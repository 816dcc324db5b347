import type * as vscode from "vscode";
import type { Rpc } from "../connection/rpc.js";
import type { Parts } from "../parts.js";
import type { ProcessDocuments } from "./documents/process-documents.js";
import type { LiveTree } from "./tree/live-tree.js";

/** The objects that the actions of both views need. */
export interface ViewParts extends Parts {
  readonly children: LiveTree;
  readonly sync: LiveTree;
  readonly documents: ProcessDocuments;
}

/** A command of the views; `run` gets what `executeCommand` was given. */
export type Commands = Record<string, (...args: unknown[]) => void | Promise<void>>;

export type Subscription = vscode.Disposable;

/** Only while a server is connected. */
export function connectedRpc({ server }: Pick<Parts, "server">): Rpc | null {
  return server.state.kind === "connected" ? server.state.rpc : null;
}
