import assert from "node:assert/strict";
import { mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { pathToFileURL } from "node:url";
import {
  createMessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
  type MessageConnection,
} from "vscode-jsonrpc/node";
import { waitFor, within } from "../deadline.js";
import { startServer } from "../server/server-process.js";
import { temporaryFolder } from "../temporary-folder.js";
import { run, start } from "./polyproc.js";
import { withoutPackage } from "./without-package.js";

interface Diagnostics {
  uri: string;
  diagnostics: { range: { start: { line: number } }; message: string; source: string }[];
}

const source = `export function shout(file) {
  if (file.endsWith("b.txt")) throw new RangeError("no b");
  return file.slice(-5).toUpperCase();
}
`;

/** An editor with a workspace of three texts and a module. `choose`: what the user answers to a question. */
async function openEditor(t: TestContext, choose: (titles: string[]) => string | null) {
  const folder = realpathSync(temporaryFolder(t));
  const address = `unix:${join(folder, "run", "p.sock")}`;
  await startServer(t, ["--listen", address]);
  mkdirSync(join(folder, "texts"));
  for (const name of ["a", "b", "c"]) writeFileSync(join(folder, "texts", `${name}.txt`), name);
  const module = pathToFileURL(join(folder, "shout.mjs")).href;
  writeFileSync(new URL(module), source);
  const running = start(t, ["lsp", "--stdio"], { cwd: folder, input: null, env: { POLYPROC_ADDRESS: address } });
  const rpc: MessageConnection = createMessageConnection(
    new StreamMessageReader(running.process.stdout!),
    new StreamMessageWriter(running.process.stdin!),
  );
  t.after(() => rpc.dispose());
  const said: { progress: { kind: string; percentage?: number }[]; shown: string[]; asked: string[][] } = {
    progress: [],
    shown: [],
    asked: [],
  };
  const problems = new Map<string, Diagnostics["diagnostics"]>();
  rpc.onRequest("window/workDoneProgress/create", () => null);
  rpc.onRequest(
    "window/showMessageRequest",
    ({ message, actions = [] }: { message: string; actions?: { title: string }[] }) => {
      said.shown.push(message);
      const titles = actions.map(({ title }) => title);
      said.asked.push(titles);
      const title = choose(titles);
      return title === null ? null : { title };
    },
  );
  rpc.onNotification("window/showMessage", ({ message }: { message: string }) => void said.shown.push(message));
  rpc.onNotification("$/progress", ({ value }: { value: { kind: string } }) => void said.progress.push(value));
  rpc.onNotification("textDocument/publishDiagnostics", ({ uri, diagnostics }: Diagnostics) => {
    problems.set(uri, diagnostics);
  });
  rpc.listen();
  const ask = <T>(method: string, params: unknown) => within(rpc.sendRequest<T>(method, params), `answer to ${method}`);
  await ask("initialize", {
    processId: process.pid,
    rootUri: pathToFileURL(folder).href,
    capabilities: { window: { workDoneProgress: true } },
  });
  await rpc.sendNotification("initialized", {});
  const opened = { uri: module, languageId: "javascript", version: 1, text: source };
  await rpc.sendNotification("textDocument/didOpen", { textDocument: opened });
  return { ask, rpc, running, module, folder, said, problems };
}

test("polyproc lsp: a lens maps over the files that the user chooses; failures become problems", async (t) => {
  const answers = ["*.txt (3)", "Re-run failed", null];
  const { ask, rpc, running, module, folder, said, problems } = await openEditor(t, () => answers.shift() ?? null);
  const lenses = await ask<
    { range: { start: { line: number } }; command: { command: string; arguments: unknown[] } }[]
  >("textDocument/codeLens", { textDocument: { uri: module } });
  assert.deepEqual(
    lenses.map(({ range, command }) => [range.start.line, command.command, command.arguments]),
    [[0, "polyproc.map", [module, "shout"]]],
  );
  const [{ command }] = lenses as [(typeof lenses)[number]];
  const started = await ask<string>("workspace/executeCommand", {
    command: command.command,
    arguments: command.arguments,
  });
  assert.match(started, /^run:/);
  assert.deepEqual(said.asked[0], ["*.txt (3)", "*.mjs (1)"]);
  await waitFor(() => said.shown.includes("shout: 1 of 1 failed"), { what: "the re-run's end" });
  assert.ok(said.shown.includes("shout: 1 of 3 failed"));
  const kinds = said.progress.map(({ kind }) => kind);
  assert.deepEqual([kinds[0], kinds.filter((kind) => kind === "end").length], ["begin", 2]);
  const b = pathToFileURL(join(folder, "texts", "b.txt")).href;
  assert.deepEqual(
    problems.get(b)!.map(({ message, source: from }) => [message, from]),
    [["shout: RangeError: no b", "polyproc"]],
  );
  assert.deepEqual(
    problems.get(module)!.map(({ range, message }) => [range.start.line, message]),
    [[1, "RangeError: no b"]],
  );

  // A later run of the same function without failures takes the problems away.
  await ask("workspace/executeCommand", { command: "polyproc.map", arguments: [module, "shout", { items: ["x"] }] });
  await waitFor(() => problems.get(b)!.length === 0 && problems.get(module)!.length === 0, {
    what: "problems that go",
  });
  for (const [input, text] of [
    [{ command: "polyproc.map", arguments: ["nowhere"] }, /takes the URI of a file/],
    [{ command: "polyproc.map", arguments: [module, "shout", { items: [] }] }, /at least one item/],
    [{ command: "polyproc.rerunFailed", arguments: ["run:s1.99"] }, /has started no run run:s1\.99/],
  ] as const)
    await assert.rejects(ask("workspace/executeCommand", input), text);
  await ask("shutdown", null);
  await rpc.sendNotification("exit");
  assert.equal((await running.ended()).status, 0);
});

test("without the library it says what to install", async (t) => {
  const without = await run(t, ["lsp", "--stdio"], { env: withoutPackage("vscode-languageserver") });
  assert.equal(without.status, 69);
  assert.match(without.stderr, /^polyproc: polyproc lsp needs two more packages.*npm install vscode-languageserver/);
});
