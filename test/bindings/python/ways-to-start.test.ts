import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, it } from "node:test";
import { root } from "../../fixture.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { needs } from "../../tools/needs.js";
import { fixtures } from "./python-tests.js";
import { pythonEnvironment } from "./run-python.js";

/** Seconds until a program gives up what hangs in multiprocessing. */
const patience = 5;
const source = readFileSync(join(fixtures, "started.py"), "utf8");
/** The program as a user types it in: an empty line ends a block, and the main part has no guard. */
const typed = source
  .replace(/^""".*"""\n/, "")
  .replace(/if __name__ == "__main__":\n([^]*)/, (_, body: string) => body.replaceAll(/^ {4}/gm, ""))
  .replace(/^ *#/m, "\n#")
  .replaceAll(/\n{2,}/g, "\n\n");

interface Way {
  /** Arguments of Python, or of `python -m polyproc`. */
  args: string[];
  input?: string;
  /** What is run; default: Python. */
  command?: string;
  /** The program puts Polyproc in the place of multiprocessing itself. */
  installs?: boolean;
}

/** In the order of the table in docs/python.md. */
const ways: ((folder: string, ours: boolean) => Way)[] = [
  () => ({ args: ["-m", "started"] }),
  () => ({ args: ["-m", "pdb", "-c", "continue", "-c", "quit", "started.py"] }),
  () => ({ args: ["-c", source] }),
  () => ({ args: ["-"], input: source }),
  (_, ours) => ({
    args: ["-i", "-q"],
    input: (ours ? "import polyproc; polyproc.install()\n" : "") + typed,
    installs: true,
  }),
  () => ({ args: ["folder"] }),
  () => ({ args: ["program.zip"] }),
  () => ({ args: ["-m", "folder"] }),
  () => ({ args: [join(fixtures, "unguarded_start.py"), "process"] }),
  () => ({ args: [join(fixtures, "unguarded_start.py"), "pool"] }),
  (folder) => ({ command: join(folder, "frozen-yes"), args: [], installs: true }),
  (folder) => ({ command: join(folder, "frozen-no"), args: [], installs: true }),
];

describe("a program that starts processes", { ...needs("python3"), concurrency: 2 }, () => {
  const rows = tableOf(readFileSync(join(root, "docs", "python.md"), "utf8"));

  it("is started in the ways of docs/python.md", () => assert.equal(rows.length, ways.length));

  for (const [at, way] of ways.entries())
    it(`does what docs/python.md says when it is started: ${rows[at]!.title}`, async (t) => {
      const folder = temporaryFolder(t);
      await prepare(folder);
      const never = rows[at]!.theirs === "never";
      const theirs = await started(way(folder, false), folder, never ? patience : 20 * patience, false);
      const ours = await started(way(folder, true), folder, 20 * patience, true);
      assert.deepEqual({ title: rows[at]!.title, theirs, ours }, rows[at]);
    });
});

/** A module, a folder, a zip file, and two programs that imitate frozen ones. cloudpickle is hidden. */
async function prepare(folder: string): Promise<void> {
  for (const name of ["folder", "cloudpickle"]) mkdirSync(join(folder, name));
  writeFileSync(join(folder, "cloudpickle", "__init__.py"), 'raise ImportError("not installed")\n');
  copyFileSync(join(fixtures, "started.py"), join(folder, "started.py"));
  copyFileSync(join(fixtures, "started.py"), join(folder, "folder", "__main__.py"));
  for (const calls of ["yes", "no"]) {
    const line = `exec python3 ${join(fixtures, "frozen_start.py")} "$0" ${calls} "$@"`;
    writeFileSync(join(folder, `frozen-${calls}`), `#!/bin/sh\n${line}\n`, { mode: 0o755 });
  }
  const lines = "import zipfile; zipfile.ZipFile('program.zip', 'w').write('folder/__main__.py', '__main__.py')";
  await text(spawn("python3", ["-c", lines], { cwd: folder, stdio: ["ignore", "pipe", "inherit"] }).stdout);
}

/** The first line that the program prints. */
async function started(
  { command, args, input, installs }: Way,
  cwd: string,
  seconds: number,
  isOurs: boolean,
): Promise<string> {
  const isRun = isOurs && !installs;
  const child = spawn(command ?? "python3", isRun ? ["-m", "polyproc", ...args] : args, {
    cwd,
    stdio: ["pipe", "pipe", "ignore"],
    env: {
      ...process.env,
      ...pythonEnvironment,
      PYTHONPATH: [cwd, pythonEnvironment.PYTHONPATH].join(delimiter),
      PATIENCE: String(seconds),
      ...(isOurs && { INSTALL_POLYPROC: "1" }),
    },
    timeout: 60_000 + 1000 * seconds,
    killSignal: "SIGKILL",
  });
  child.stdin.on("error", () => {});
  child.stdin.end(input ?? "");
  return (await text(child.stdout)).split("\n", 1)[0]!;
}

/** The first code in each of the table's two columns. */
function tableOf(page: string): { title: string; theirs: string; ours: string }[] {
  const [section] = page.slice(page.indexOf("## Ways to start a program")).split(/\n(?=## )/, 1);
  return section!
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .slice(2)
    .map((line) => {
      const [title, ...cells] = line.split("|").slice(1, 4);
      const [theirs, ours] = cells.map((cell) => /`([^`]+)`/.exec(cell)![1]!);
      return { title: title!.trim(), theirs: theirs!, ours: ours! };
    });
}
