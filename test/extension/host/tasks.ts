import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import * as vscode from "vscode";
import type { PolyprocApi } from "../../../extension/api.js";
import type { Run } from "../../../extension/runs/run.js";
import { waitFor, within } from "../../deadline.js";
import { isLiving } from "../../living.js";
import { answerWithEnter } from "./harness/answer.js";
import { activated, workspaceFile } from "./harness/extension.js";
import { note } from "./harness/note.js";

const patienceMs = 120_000;

describe("tasks", function () {
  this.timeout(2 * patienceMs);
  const tasksFile = workspaceFile(".vscode/tasks.json").fsPath;
  const original = readFileSync(tasksFile, "utf8");
  let folder: string;

  before(async () => {
    await activated();
    folder = mkdtempSync(join(tmpdir(), "tasks-"));
    process.env["POLYPROC_TASK_TEST"] = "from the environment";
  });

  after(() => {
    writeFileSync(tasksFile, original);
    rmSync(folder, { recursive: true, force: true });
  });

  /** The tasks of tasks.json, read again until one is called so. */
  async function taskCalled(name: string): Promise<vscode.Task> {
    return waitFor(
      async () => (await vscode.tasks.fetchTasks({ type: "polyproc" })).find((task) => task.name === name),
      { what: `the task ${name}`, timeoutMs: patienceMs, intervalMs: 100 },
    );
  }

  /** Puts this task into tasks.json instead of the others. */
  async function define(label: string, definition: object): Promise<vscode.Task> {
    writeFileSync(
      tasksFile,
      JSON.stringify({ version: "2.0.0", tasks: [{ label, type: "polyproc", problemMatcher: [], ...definition }] }),
    );
    return taskCalled(label);
  }

  async function start(
    task: vscode.Task,
  ): Promise<{ execution: vscode.TaskExecution; exitCode: Promise<number | undefined> }> {
    const exitCode = new Promise<number | undefined>((resolve) => {
      const listener = vscode.tasks.onDidEndTaskProcess((event) => {
        if (event.execution.task.name !== task.name) return;
        listener.dispose();
        resolve(event.exitCode);
      });
    });
    return { execution: await vscode.tasks.executeTask(task), exitCode };
  }

  async function run(task: vscode.Task): Promise<number | undefined> {
    return within((await start(task)).exitCode, `the end of ${task.name}`, patienceMs);
  }

  /** How long a task that succeeds takes, and how late the extension host's event loop is during that time. */
  async function measured(work: () => Promise<number | undefined>): Promise<{ tookMs: number; p99Ms: number }> {
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const from = performance.now();
    assert.equal(await work(), 0);
    delay.disable();
    return { tookMs: performance.now() - from, p99Ms: delay.percentile(99) / 1e6 };
  }

  it("one that a run was saved as runs the same, and stands beside the others with their comments", async () => {
    writeFileSync(tasksFile, original);
    const { api } = await activated<PolyprocApi>();
    const { uri } = await vscode.workspace.openTextDocument(workspaceFile("src/words.js"));
    await vscode.window.showTextDocument(uri);
    // Its pattern is the one that is offered first.
    const saved = await answerWithEnter(api, "polyproc.mapOverFiles", uri, "countWords");
    await within(saved.whenEnded, "the run's end", patienceMs);
    const written = () => readFileSync(tasksFile, "utf8").includes(JSON.stringify(saved.request.name));
    void vscode.commands.executeCommand("polyproc.saveAsTask", saved.id);
    await waitFor(
      async () => {
        await vscode.commands.executeCommand("workbench.action.acceptSelectedQuickOpenItem");
        return written();
      },
      { what: "the task in tasks.json", timeoutMs: patienceMs, intervalMs: 100 },
    );
    const text = readFileSync(tasksFile, "utf8");
    assert.match(text, /\/\/ Fails for two tables/);
    assert.match(text, /"module": "src\/words\.js",\s*"export": "countWords",\s*"items": \{\s*"glob": "\*\*\/\*"/);
    await waitFor(() => vscode.window.activeTextEditor?.document.uri.fsPath === tasksFile, { what: "its editor" });
    const known = new Set(api.runs.all);
    await run(await taskCalled(saved.request.name));
    const again = api.runs.all.find((one) => !known.has(one))!;
    assert.deepEqual(again.request.target, saved.request.target);
    const labels = ({ rows }: Run) => rows.map(({ label }) => label);
    assert.deepEqual(labels(again), labels(saved));
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    for (const one of [saved, again]) await api.runs.forget(one);
  });

  it("those of the example workspace run, and their failures are problems", async () => {
    assert.equal(await run(await taskCalled("Count words")), 0);
    assert.equal(await run(await taskCalled("Check tables")), 1);
    const problems = await waitFor(
      () => {
        const found = vscode.languages
          .getDiagnostics()
          .filter(
            ([uri, list]) =>
              uri.path.includes("/tables/") &&
              list.some(({ message }) => /columns instead of|is not a number/.test(message)),
          );
        return found.length === 2 && found;
      },
      { what: "two problems", timeoutMs: patienceMs },
    );
    assert.ok(problems.every(([uri]) => uri.scheme === "file"));
    assert.equal(await run(await taskCalled("Factor numbers")), 0);
  });

  it("variables are resolved, wherever they stand in the definition", async () => {
    const task = await define("variables", {
      command: `printf '%s|' "$WHO" {item} >> ${folder}/variables`,
      env: { WHO: "${env:POLYPROC_TASK_TEST}" },
      items: { files: ["${workspaceFolder}/text/dune.txt"] },
    });
    assert.equal(await run(task), 0);
    assert.equal(
      readFileSync(join(folder, "variables"), "utf8"),
      `from the environment|${workspaceFile("text/dune.txt").fsPath}|`,
    );
  });

  it("globs, what they exclude, folders and lines give the items", async () => {
    const items = async (name: string, source: object) => {
      const file = join(folder, name);
      assert.equal(
        await run(await define(name, { command: `echo {item} >> ${file}`, processes: 1, items: source })),
        0,
      );
      return readFileSync(file, "utf8")
        .trim()
        .split("\n")
        .map((path) => path.slice(path.lastIndexOf("/") + 1))
        .sort();
    };
    assert.deepEqual(await items("glob", { glob: "text/[a-c]*.txt", exclude: "**/b*" }), ["arrival.txt", "chart.txt"]);
    assert.deepEqual(await items("files", { files: ["python", "README.md"] }), ["README.md", "letters.py"]);
    writeFileSync(join(folder, "list.txt"), "one\n\ntwo words\n");
    assert.deepEqual(await items("lines", { lines: join(folder, "list.txt") }), ["one", "two words"]);
    assert.deepEqual(await items("outside", { glob: `${folder}/*.txt` }), ["list.txt"]);
  });

  it("files changed in Git are items", async () => {
    writeFileSync(workspaceFile("text/new one.txt").fsPath, "new\n");
    try {
      assert.equal(
        await run(await define("git", { command: `echo {item} >> ${folder}/git`, items: { git: true } })),
        0,
      );
      assert.match(readFileSync(join(folder, "git"), "utf8"), /text\/new one\.txt\n/);
    } finally {
      rmSync(workspaceFile("text/new one.txt").fsPath);
    }
  });

  it("an invalid definition ends with exit code 2, a missing file or program with 1", async () => {
    assert.equal(await run(await define("no target", { items: { values: [1] } })), 2);
    assert.equal(await run(await define("no match", { command: "wc", items: { glob: "none/*.txt" } })), 2);
    assert.equal(
      await run(
        await define("no program", { command: "polyproc-no-such-program", args: [], items: { values: [1, 2, 3] } }),
      ),
      1,
    );
  });

  it("Stop ends everything that the task started", async () => {
    const file = join(folder, "pids");
    const task = await define("stopped", {
      command:
        `trap '' TERM; sleep 1000 & child=$!; setsid sleep 1000 & echo $$ $child $! > ${file}.new; ` +
        `mv ${file}.new ${file}; wait; sleep 1000 #`,
      items: { values: [1] },
    });
    const { execution } = await start(task);
    await waitFor(() => existsSync(file), { what: "the processes to run", timeoutMs: patienceMs });
    const pids = readFileSync(file, "utf8").trim().split(/\s+/).map(Number);
    assert.ok(pids.length === 3 && pids.every(isLiving), pids.join(" "));
    execution.terminate();
    await waitFor(() => !pids.some(isLiving), { what: "the end of the tree", timeoutMs: patienceMs });
  });

  it("a problem matcher sees every line of a flood", async () => {
    const files = Array.from({ length: 20 }, (_, i) => join(folder, `source${i}.txt`));
    for (const file of files) writeFileSync(file, "x\n".repeat(10));
    const command =
      `awk -v f={item} 'BEGIN { for (i = 1; i <= 10000; i++) if (i % 100 == 0) printf "%s:%d: error: ` +
      `number %d\\n", f, i, i; else print "compiling part " i " of a file that is rather long" }'`;
    const task = await define("flood", {
      command,
      items: { files },
      problemMatcher: {
        owner: "flood",
        fileLocation: "absolute",
        pattern: { regexp: "^(/.*?):(\\d+): error: (number \\d+)$", file: 1, line: 2, message: 3 },
      },
    });
    const { tookMs, p99Ms } = await measured(() => run(task));
    note(
      `200,000 lines through a task's terminal and its problem matcher: ${(tookMs / 1000).toFixed(1)} ` +
        `s, the extension host's event loop late by ${p99Ms.toFixed(0)} ms at the 99th percentile`,
    );
    const expected = Array.from({ length: 100 }, (_, i) => `number ${100 * (i + 1)}`);
    for (const file of files) {
      const found = () => vscode.languages.getDiagnostics(vscode.Uri.file(file)).map(({ message }) => message);
      await waitFor(() => found().length >= 100, { what: `the problems of ${file}` }).catch(() => {});
      assert.deepEqual(found().sort(), [...expected].sort(), file);
    }
  });

  it("one with a cache replays what has not changed, with its output", async () => {
    const { api } = await activated<PolyprocApi>();
    const ran = join(folder, "ran");
    const task = await define("Cached", {
      command: `echo {item} >> ${ran}; echo "about "{item}`,
      items: { values: ["one", "two"] },
      cache: { dir: join(folder, "cache") },
    });
    const known = new Set(api.runs.all);
    for (let i = 0; i < 2; i++) assert.equal(await run(task), 0);
    const [first, second] = api.runs.all.filter((one) => !known.has(one)) as [Run, Run];
    assert.deepEqual([first.info.cached, second.info.cached], [0, 2]);
    assert.deepEqual((await second.output(1)).lines, [{ stream: "stdout", text: "about two" }]);
    assert.equal(readFileSync(ran, "utf8").trim().split("\n").length, 2, "each item ran once");
    for (const one of [first, second]) await api.runs.forget(one);
  });

  it("20 MB of one item go through at the terminal's pace", async () => {
    const written = join(folder, "written");
    const task = await define("20 MB", {
      command:
        `yes '${"a tool that has much to say about its files; ".repeat(8)}' | head -c 20000000; ` +
        `touch ${written} #`,
      items: { values: [1] },
    });
    const { tookMs, p99Ms } = await measured(() => run(task));
    assert.ok(existsSync(written));
    note(
      `20 MB through a task's terminal: ${(tookMs / 1000).toFixed(1)} s, the extension host's event loop late ` +
        `by ${p99Ms.toFixed(0)} ms at the 99th percentile`,
    );
  });
});
