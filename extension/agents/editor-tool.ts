import * as vscode from "vscode";
import { question } from "../../agents/ask.js";
import type { Call, Tool, ToolHost } from "../../agents/tool.js";

/** Offers one tool to the editor's language models. Before a tool changes anything, the user confirms it. */
export class EditorTool implements vscode.LanguageModelTool<unknown> {
  readonly #tool: Tool;
  readonly #host: ToolHost;

  constructor(tool: Tool, host: ToolHost) {
    this.#tool = tool;
    this.#host = host;
  }

  async prepareInvocation({
    input,
  }: vscode.LanguageModelToolInvocationPrepareOptions<unknown>): Promise<vscode.PreparedToolInvocation> {
    const call = await this.#prepare(input);
    if (!call.ask) return { invocationMessage: this.#tool.title };
    return {
      invocationMessage: this.#tool.title,
      // A code block, so that a name with Markdown in it is shown as it is.
      confirmationMessages: {
        title: this.#tool.title,
        message: new vscode.MarkdownString().appendCodeblock(question(call.ask), "text"),
      },
    };
  }

  /** The editor calls this only after the user's confirmation. */
  async invoke(
    { input }: vscode.LanguageModelToolInvocationOptions<unknown>,
    token: vscode.CancellationToken,
  ): Promise<vscode.LanguageModelToolResult> {
    const call = await this.#prepare(input);
    const stop = new AbortController();
    const subscription = token.onCancellationRequested(() => stop.abort());
    try {
      const value = await call.run({ signal: stop.signal, progress: () => {} });
      return new vscode.LanguageModelToolResult([new vscode.LanguageModelTextPart(JSON.stringify(value, null, 1))]);
    } finally {
      subscription.dispose();
    }
  }

  async #prepare(input: unknown): Promise<Call> {
    if (!vscode.workspace.isTrusted)
      throw new Error("this workspace is not trusted, so nothing in it runs: ask the user to trust it");
    return this.#tool.prepare(this.#host, input);
  }
}
