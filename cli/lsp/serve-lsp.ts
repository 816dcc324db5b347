import type { Connection as Editor, Diagnostic } from "vscode-languageserver";
import { fileURLToPath } from "node:url";
import { openOwnServer } from "../server-link.js";
import { ServerHost } from "../server-host.js";
import { version } from "../version.js";
import { fileChoices } from "./choose-files.js";
import { followRun } from "./follow-run.js";
import { lensesOf, type OpenFile } from "./lenses.js";
import { problemsOf } from "./problems.js";
import { loadLibrary } from "./sdk.js";

const commands = ["polyproc.map", "polyproc.rerunFailed", "polyproc.cancel"];
const again = "Re-run failed";

/** The user's settings, from `initializationOptions`. */
interface Settings {
  /** Patterns of files that are offered as items. Default: the kinds of files in the workspace. */
  files?: string[];
  processes?: number;
}

/** A run that the editor started. */
interface EditorRun {
  module: string;
  name: string;
}

/** Serves one editor on standard input and output, until it sends `exit` or its connection ends. */
export async function serveLsp(): Promise<void> {
  const { createConnection, TextDocumentSyncKind, ResponseError, ErrorCodes } = await loadLibrary();
  const host = new ServerHost(async () => (await openOwnServer("polyproc lsp")).connection);
  const editor: Editor = createConnection(process.stdin, process.stdout);
  const files = new Map<string, OpenFile>();
  const runs = new Map<string, EditorRun>();
  /** What the last run of each function found, by the files that it is about. */
  const problems = new Map<string, Map<string, Diagnostic[]>>();
  let folder = process.cwd();
  let settings: Settings = {};
  let showsProgress = false;

  editor.onInitialize(({ workspaceFolders, rootUri, capabilities, initializationOptions }) => {
    const uri = workspaceFolders?.[0]?.uri ?? rootUri;
    if (uri?.startsWith("file:")) folder = fileURLToPath(uri);
    settings = (initializationOptions ?? {}) as Settings;
    showsProgress = capabilities.window?.workDoneProgress ?? false;
    return {
      serverInfo: { name: "polyproc", version: version() },
      capabilities: {
        textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Full },
        codeLensProvider: {},
        executeCommandProvider: { commands },
      },
    };
  });
  editor.onDidOpenTextDocument(({ textDocument: { uri, languageId, text } }) => {
    files.set(uri, { languageId, text });
  });
  editor.onDidChangeTextDocument(({ textDocument: { uri }, contentChanges }) => {
    const file = files.get(uri);
    const text = contentChanges.at(-1)?.text;
    if (file && text !== undefined) files.set(uri, { ...file, text });
  });
  editor.onDidCloseTextDocument(({ textDocument: { uri } }) => void files.delete(uri));
  editor.onCodeLens(({ textDocument: { uri } }) => {
    const file = files.get(uri);
    return file ? lensesOf(uri, file, folder) : [];
  });

  function publish(key: string, found: Map<string, Diagnostic[]>): void {
    const uris = new Set([...(problems.get(key)?.keys() ?? []), ...found.keys()]);
    problems.set(key, found);
    for (const uri of uris) {
      const diagnostics = [...problems.values()].flatMap((byFile) => byFile.get(uri) ?? []);
      void editor.sendDiagnostics({ uri, diagnostics });
    }
  }

  async function map(module: string, name: string, given: unknown): Promise<string | null> {
    const items = given === undefined ? await ask(name) : itemsOf(given);
    if (items === null) return null;
    const run = await host.start({
      name,
      target: { module, export: name },
      cwd: folder,
      items,
      processes: settings.processes,
      retries: undefined,
      timeoutMs: undefined,
    });
    watch(run, { module, name });
    return run;
  }

  /** The items that the user chooses; null if none. */
  async function ask(name: string): Promise<string[] | null> {
    const choices = await fileChoices(folder, settings.files ?? []);
    if (choices.length === 0) throw invalid(`there is no file in ${folder} to map ${name} over`);
    const titles = choices.map(({ title }) => ({ title }));
    const chosen = await editor.window.showInformationMessage(`Map ${name} over which files?`, ...titles);
    return choices.find(({ title }) => title === chosen?.title)?.files ?? null;
  }

  function itemsOf(given: unknown): unknown[] {
    const { items } = (given ?? {}) as { items?: unknown };
    if (!Array.isArray(items) || items.length === 0)
      throw invalid(`the third argument must be { items: [...] } with at least one item`);
    return items;
  }

  function watch(run: string, { module, name }: EditorRun): void {
    runs.set(run, { module, name });
    followRun(editor, host, run, name, showsProgress)
      .then(async ({ info, failed }) => {
        const { items } = await host.request("run/spec", { run });
        const shown = failed.map((entry) => ({ entry, item: host.decode(items[entry.index]!) }));
        publish(`${module}#${name}`, problemsOf(name, module, shown));
        if (info.failed === 0) {
          editor.window.showInformationMessage(`${name}: ${info.done} done`);
          return;
        }
        const text = `${name}: ${info.failed} of ${info.total} failed`;
        const answer = await editor.window.showWarningMessage(text, { title: again });
        if (answer?.title === again) await rerun(run);
      })
      .catch((error: unknown) => editor.window.showErrorMessage(`${name}: ${(error as Error).message}`));
  }

  async function rerun(run: string): Promise<string> {
    const known = runs.get(run);
    if (!known) throw invalid(`this editor has started no run ${run}`);
    const { entries } = await host.request("run/read", { run, since: 0, limit: 10_000, timeoutMs: 0 });
    const indexes = entries.filter(({ state }) => state === "failed").map(({ index }) => index);
    if (indexes.length === 0) throw invalid(`no item of ${run} has failed`);
    const next = await host.startAgain(
      run,
      indexes.sort((a, b) => a - b),
    );
    watch(next, known);
    return next;
  }

  const invalid = (text: string) => new ResponseError(ErrorCodes.InvalidParams, text);

  editor.onExecuteCommand(async ({ command, arguments: [first, second, third] = [] }) => {
    if (command === "polyproc.map") {
      if (typeof first !== "string" || !first.startsWith("file:") || typeof second !== "string")
        throw invalid("polyproc.map takes the URI of a file and the name of one of its exports");
      return map(first, second, third);
    }
    if (typeof first !== "string") throw invalid(`${command} takes the handle of a run`);
    if (command === "polyproc.rerunFailed") return rerun(first);
    if (command === "polyproc.cancel") return host.request("run/cancel", { run: first });
    throw invalid(`there is no command ${command}`);
  });

  const ended = new Promise<void>((resolve) => {
    editor.onExit(resolve);
    process.stdin.once("end", resolve).once("close", resolve);
  });
  editor.listen();
  await ended;
  await host.close();
}
