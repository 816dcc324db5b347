import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, it } from "node:test";
import { root } from "../../fixture.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { needs } from "../../tools/needs.js";
import { fixtures } from "./python-tests.js";
import { pythonEnvironment, runPython } from "./run-python.js";

const program = join(fixtures, "traps.py");
/** Seconds until the program gives up what hangs in multiprocessing. */
const patience = 5;
/** What comes of hanging. */
const hung = ["never", "still running", "False", "Empty"];

/** The functions of the program, in the order of the table of docs/python.md. */
const names = [
  "a_worker_is_killed",
  "a_task_exits",
  "an_exception_cannot_be_unpickled",
  "a_lambda_is_mapped",
  "an_item_cannot_be_pickled",
  "join_comes_before_get",
  "a_holder_is_killed",
  "a_task_starts_a_process",
  "an_exit_function_of_a_child",
  "a_fork_uses_what_its_parent_made",
  "a_manager_s_nested_list",
  "a_handler_sets_what_main_waits_for",
  "task_done_comes_too_often",
  "a_handler_takes_a_lock_of_main",
  "a_handler_raises_in_get",
  "a_consumer_is_killed",
  "another_thread_releases",
  "daemon_comes_after_start",
  "a_process_starts_twice",
  "a_variable_was_changed",
  "logging_is_set_up_in_main",
  "a_child_logs_into_a_queue",
];

describe("the well-known traps of multiprocessing", { ...needs("python3"), concurrency: 4 }, () => {
  const rows = tableOf(readFileSync(join(root, "docs", "python.md"), "utf8"));

  it("are the program's", () => assert.equal(rows.length, names.length));

  for (const [at, name] of names.entries())
    it(`end as docs/python.md says: ${name.replaceAll("_", " ")}`, async (t) => {
      const cwd = temporaryFolder(t);
      const [original, ours] = await Promise.all([
        theirs(cwd, name, rows[at]!.theirs),
        runPython(["-m", "polyproc", program, name, ...(rows[at]!.ours === "Empty" ? ["1"] : [])], { cwd }),
      ]);
      assert.deepEqual({ theirs: original, ours: ours.stdout.split("\n", 1)[0] }, rows[at], ours.stderr);
    });
});

/** What the standard library's program prints first. One that may hang for good is killed. */
async function theirs(cwd: string, name: string, expected: string): Promise<string> {
  const child = spawn("python3", [program, name, ...(hung.includes(expected) ? [String(patience)] : [])], {
    cwd,
    stdio: ["ignore", "pipe", "ignore"],
    env: { ...process.env, ...pythonEnvironment },
    timeout: expected === "never" ? 2000 * patience : undefined,
    killSignal: "SIGKILL",
  });
  return (await text(child.stdout)).split("\n", 1)[0] || "never";
}

/** The outcomes in the table: the first code in each of the two columns. */
function tableOf(page: string): { theirs: string; ours: string }[] {
  const [section] = page.slice(page.indexOf("## Well-known traps")).split(/\n(?=## )/, 1);
  return section!
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .slice(2)
    .map((line) => {
      const [theirs, ours] = line
        .split("|")
        .slice(2, 4)
        .map((cell) => /`([^`]+)`/.exec(cell)![1]!);
      return { theirs: theirs!, ours: ours! };
    });
}
