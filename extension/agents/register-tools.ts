import * as vscode from "vscode";
import { tools } from "../../agents/tools.js";
import type { Parts } from "../parts.js";
import { EditorHost } from "./editor-host.js";
import { EditorTool } from "./editor-tool.js";

/** Registers the tools of `polyproc mcp` for the editor's language models. The manifest describes the same tools. */
export function registerTools(parts: Parts): vscode.Disposable {
  const host = new EditorHost(parts);
  return vscode.Disposable.from(...tools.map((tool) => vscode.lm.registerTool(tool.name, new EditorTool(tool, host))));
}
