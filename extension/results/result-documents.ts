import * as vscode from "vscode";
import type { Run, Runs } from "../runs/run.js";
import { jsonText } from "../../bindings/typescript/runs/json-text.js";

const scheme = "polyproc-result";
/** VS Code shows no document of an extension that is larger than 50 MB. */
const longestText = 40_000_000;

type What = "value" | "item" | "output";

/** Shows all of a value, or what an item wrote, in an editor of its own, for reading. */
export async function openResultText(run: Run, index: number, what: What): Promise<void> {
  const name = (run.rows[index]?.label ?? String(index)).replaceAll("/", "·");
  const uri = vscode.Uri.from({
    scheme,
    path: `/${name}.${what === "output" ? "log" : "json"}`,
    query: new URLSearchParams({ run: run.id, index: String(index), what }).toString(),
  });
  const document = await vscode.workspace.openTextDocument(uri);
  await vscode.window.showTextDocument(document, { preview: true });
}

export function registerResultDocuments(runs: Runs): vscode.Disposable {
  return vscode.workspace.registerTextDocumentContentProvider(scheme, {
    async provideTextDocumentContent({ query }) {
      const asked = new URLSearchParams(query);
      const run = runs.all.find(({ id }) => id === asked.get("run"));
      const index = Number(asked.get("index"));
      const row = run?.rows[index];
      if (!run || !row) return "This run is no longer known: its server has ended, or it was forgotten.";
      switch (asked.get("what") as What) {
        case "value":
          return wholeText(row.value);
        case "item":
          return wholeText(run.request.items[index]?.value);
        case "output": {
          const { lines, dropped } = await run.output(index);
          const note = dropped > 0 ? `(${dropped.toLocaleString()} earlier lines are not kept)\n` : "";
          return note + lines.map(({ text }) => `${text}\n`).join("");
        }
      }
    },
  });
}

function wholeText(value: unknown): string {
  const { text, cut } = jsonText(value, { limit: longestText, indent: 2 });
  return cut ? `${text}\n… (the rest is too long for an editor: copy it as JSON)\n` : text;
}
