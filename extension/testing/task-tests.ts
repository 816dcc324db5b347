import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as vscode from "vscode";
import { resolveItems } from "../items/resolve-items.js";
import type { Parts } from "../parts.js";
import type { Run, RunRequest } from "../runs/run.js";
import { taskRequest } from "../tasks/task-request.js";
import { readCoverage, type CoveredLine } from "./coverage.js";
import { concerned, itemKeys, savedTasks, withVariables, type SavedTask } from "./saved-tasks.js";
import { TaskTestRun } from "./task-run.js";
import { t } from "../l10n.js";

/** Most items of a task that are tests of their own. The others run, too, but only the task reports them. */
const mostTests = 1000;

/** The saved runs in the Testing view: one test for each task of type `polyproc`, and below it one for each item. */
export class TaskTests implements vscode.Disposable {
  readonly #parts: Pick<Parts, "runs" | "log">;
  readonly #controller = vscode.tests.createTestController("polyproc", "Polyproc");
  readonly #tasks = new Map<string, SavedTask>();
  /** The latest items of each task, by its id: what a saved file is compared with. */
  readonly #requests = new Map<string, RunRequest>();
  /** The lines of the last run with coverage, by the file's URI. */
  readonly #covered = new Map<string, vscode.StatementCoverage[]>();

  constructor(parts: Pick<Parts, "runs" | "log">) {
    this.#parts = parts;
    this.#controller.resolveHandler = async (item) => {
      if (item && this.#tasks.has(item.id)) await this.#find(item).catch((error: unknown) => this.#refuse(item, error));
    };
    this.#controller.refreshHandler = () => this.refresh();
    const coverage = this.#controller.createRunProfile(
      t("Run with Coverage"),
      vscode.TestRunProfileKind.Coverage,
      async (request, token) => void (await this.#run(request, token)),
      true,
    );
    coverage.loadDetailedCoverage = (_, { uri }) => Promise.resolve(this.#covered.get(uri.toString()) ?? []);
    this.#controller.createRunProfile(
      t("Run and Debug on Failure"),
      vscode.TestRunProfileKind.Debug,
      async (request, token) => {
        const failed = firstFailure(await this.#run(request, token));
        // The editor has no session for this test run, so the item runs in one of its own.
        if (failed) void vscode.commands.executeCommand("polyproc.debugItem", failed.run, failed.index);
      },
      true,
    );
    this.#controller.createRunProfile(
      t("Run"),
      vscode.TestRunProfileKind.Run,
      async (request, token) => {
        if (request.continuous) this.#watch(request, token);
        else await this.#run(request, token);
      },
      true,
      undefined,
      true,
    );
    this.refresh();
  }

  /** Reads tasks.json again. */
  refresh(): void {
    const tasks = allSavedTasks();
    this.#tasks.clear();
    for (const task of tasks) this.#tasks.set(task.id, task);
    this.#controller.items.replace(
      tasks.map((task) => {
        const known = this.#controller.items.get(task.id);
        if (known) return known;
        const file = vscode.Uri.joinPath(vscode.Uri.file(task.folder), ".vscode", "tasks.json");
        const item = this.#controller.createTestItem(task.id, task.label, file);
        item.canResolveChildren = true;
        return item;
      }),
    );
  }

  dispose(): void {
    this.#controller.dispose();
  }

  /** Looks for the task's items, and makes their tests. */
  async #find(test: vscode.TestItem): Promise<RunRequest> {
    const task = withVariables(this.#tasks.get(test.id)!, process.env);
    const place = { name: task.label, folder: task.folder };
    const request = await taskRequest(task.definition, place, 80, (source) => resolveItems(source));
    test.error = undefined;
    this.#requests.set(test.id, request);
    const keys = itemKeys(request.items).slice(0, mostTests);
    test.children.replace(
      keys.map((key, index) => {
        const { label, file } = request.items[index]!;
        const uri = file === null ? undefined : vscode.Uri.file(file);
        return (
          test.children.get(`${test.id}\n${key}`) ?? this.#controller.createTestItem(`${test.id}\n${key}`, label, uri)
        );
      }),
    );
    return request;
  }

  #refuse(test: vscode.TestItem, error: unknown): void {
    test.error = error instanceof Error ? error.message : String(error);
    this.#parts.log.warn(`${test.label}: ${test.error}`);
  }

  /** Runs the tests of a request; `only`: of these files' items alone. Resolves to the runs that have ended. */
  async #run(request: vscode.TestRunRequest, token: vscode.CancellationToken, only?: string): Promise<Run[]> {
    const tests = this.#controller.createTestRun(request);
    try {
      const runs = await Promise.all(
        [...this.#chosen(request)].map(([test, children]) =>
          this.#runTask(test, children, request, tests, token, only).catch((error: unknown) => {
            this.#refuse(test, error);
            tests.errored(test, new vscode.TestMessage(test.error as string));
            return null;
          }),
        ),
      );
      return runs.filter((run) => run !== null);
    } finally {
      tests.end();
    }
  }

  async #runTask(
    test: vscode.TestItem,
    children: ReadonlySet<string> | null,
    { exclude = [], profile }: vscode.TestRunRequest,
    tests: vscode.TestRun,
    token: vscode.CancellationToken,
    only: string | undefined,
  ): Promise<Run | null> {
    const found = await this.#find(test);
    const { target } = found;
    const inQuestion = only === undefined ? null : concerned(found.items, modulePathOf(target), only);
    const keys = itemKeys(found.items).map((key) => `${test.id}\n${key}`);
    const excluded = new Set(exclude.map(({ id }) => id));
    const chosen = (inQuestion ?? [...keys.keys()]).filter(
      (index) => (children === null || children.has(keys[index]!)) && !excluded.has(keys[index]!),
    );
    if (chosen.length === 0) return null;
    const run: RunRequest = {
      ...found,
      items: chosen.map((index) => found.items[index]!),
      // Its problems are shown where the tests are.
      origin: "api",
    };
    const follow = (one: RunRequest) =>
      TaskTestRun.follow(
        this.#parts.runs,
        one,
        tests,
        chosen.map((index) => test.children.get(keys[index]!)),
        token,
      );
    if (profile?.kind !== vscode.TestRunProfileKind.Coverage) return follow(run);
    const folder = await mkdtemp(join(tmpdir(), "polyproc-coverage-"));
    try {
      // What is replayed covers nothing.
      const options = { ...run.options, cache: false };
      const ended = await follow({ ...run, options, env: { ...run.env, NODE_V8_COVERAGE: folder } });
      this.#addCoverage(tests, await readCoverage(folder, this.#tasks.get(test.id)!.folder));
      return ended;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** Which lines ran. The runtimes of other languages than JavaScript and TypeScript do not tell. */
  #addCoverage(tests: vscode.TestRun, files: ReadonlyMap<string, readonly CoveredLine[]>): void {
    for (const [file, lines] of files) {
      const uri = vscode.Uri.file(file);
      const details = lines.map(
        ({ line, length, count }) => new vscode.StatementCoverage(count, new vscode.Range(line, 0, line, length)),
      );
      this.#covered.set(uri.toString(), details);
      tests.addCoverage(vscode.FileCoverage.fromDetails(uri, details));
    }
  }

  /** Runs, at each save of a file, the tests whose item or whose function is in that file. */
  #watch(request: vscode.TestRunRequest, token: vscode.CancellationToken): void {
    const saves = vscode.workspace.onDidSaveTextDocument(({ uri }) => {
      const isConcerned = [...this.#chosen(request).keys()].some(({ id }) => {
        const known = this.#requests.get(id);
        return !known || concerned(known.items, modulePathOf(known.target), uri.fsPath).length > 0;
      });
      if (isConcerned) void this.#run(request, token, uri.fsPath);
    });
    token.onCancellationRequested(() => saves.dispose());
  }

  /** The tasks of a request, each with the ids of the items that are meant; null: all. */
  #chosen({ include, exclude = [] }: vscode.TestRunRequest): Map<vscode.TestItem, ReadonlySet<string> | null> {
    const chosen = new Map<vscode.TestItem, Set<string> | null>();
    for (const item of include ?? [...this.#controller.items].map(([, test]) => test)) {
      const { parent } = item;
      if (!parent) chosen.set(item, null);
      else if (chosen.get(parent) !== null) chosen.set(parent, (chosen.get(parent) ?? new Set()).add(item.id));
    }
    for (const item of exclude) chosen.delete(item);
    return chosen;
  }
}

/** The first item of a function that failed: commands have no debugger. */
function firstFailure(runs: readonly Run[]): { run: string; index: number } | null {
  for (const { id, request, rows } of runs) {
    const row = "module" in request.target ? rows.find(({ state }) => state === "failed") : undefined;
    if (row) return { run: id, index: row.index };
  }
  return null;
}

export function allSavedTasks(): SavedTask[] {
  return (vscode.workspace.workspaceFolders ?? []).flatMap(({ uri }) =>
    uri.scheme === "file" || uri.scheme === "vscode-remote"
      ? savedTasks(vscode.workspace.getConfiguration("tasks", uri).get("tasks"), uri.fsPath)
      : [],
  );
}

function modulePathOf(target: RunRequest["target"]): string | null {
  return "module" in target ? target.module : null;
}
