import * as vscode from "vscode";
import { tools } from "../../agents/tools.js";
import type { Parts } from "../parts.js";
import { EditorHost } from "./editor-host.js";
import { EditorTool } from "./editor-tool.js";

/** What the editor's language models may call: the tools of `polyproc mcp`. The manifest describes them, too. */
export function registerTools(parts: Parts): vscode.Disposable {
  const host = new EditorHost(parts);
  return vscode.Disposable.from(...tools.map((tool) => vscode.lm.registerTool(tool.name, new EditorTool(tool, host))));
}
