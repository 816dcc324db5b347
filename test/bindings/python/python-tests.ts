import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, it } from "node:test";
import { waitFor } from "../../deadline.js";
import { endHanging } from "../../examples/run-example.js";
import { root } from "../../fixture.js";
import { describeProcess, markedProcesses } from "../../runner/leaks.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { pythonEnvironment } from "./run-python.js";

export const fixtures = join(root, "test", "bindings", "python", "fixtures");

/** The outcome of a test: a line of `outcomes/line_result.py`. */
export interface Outcome {
  /** `Class.test_method`. */
  name: string;
  kind: "ok" | "skipped" | "failed";
  /** The reason, or the traceback. */
  text: string;
}

export interface PythonTests {
  /** Default: `python3`. */
  python?: string;
  /** Arguments of Python. */
  args: readonly string[];
  cwd: string;
  env?: Record<string, string>;
  /** Milliseconds without output after which the program is killed. Default 110,000. */
  quietMs?: number;
  /**
   * Called with each test that did not fail, as its outcome arrives. The failed tests follow at the end, with their
   * text.
   */
  told?: (outcome: Outcome) => void;
}

/** Runs a program that tells its tests' outcomes, to its end. Fails when a process of it lives on. */
export async function runPythonTests({
  python = "python3",
  args,
  cwd,
  env,
  quietMs = 110_000,
  told,
}: PythonTests): Promise<Outcome[]> {
  const mark = `POLYPROC_TEST_EXAMPLE=${randomUUID()}`;
  const [markName, markValue] = mark.split("=") as [string, string];
  const child = spawn(python, args, {
    cwd,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...pythonEnvironment, PYTHONFAULTHANDLER: "1", ...env, [markName]: markValue },
  });
  let quiet: NodeJS.Timeout | undefined;
  let listen = () => {};
  const closed = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  const silence = new Promise<never>((_, reject) => {
    listen = () => {
      clearTimeout(quiet);
      quiet = setTimeout(() => reject(new Error(`it told nothing for ${quietMs} ms`)), quietMs);
    };
  });
  listen();
  let errors = "";
  child.stderr.on("data", (data: Buffer) => (errors += data.toString()));
  const outcomes: Outcome[] = [];
  createInterface(child.stdout).on("line", (line) => {
    // Some of CPython's tests print how long each of them took in front of it.
    const [, kind, name, text] = /^(?:[\d.]+s )*(ok|skipped|failed) (\w+\.\w+)(?:: )?(.*)$/.exec(line) ?? [];
    if (kind === undefined) {
      const last = outcomes.at(-1);
      if (last?.kind === "failed") last.text += `\n${line}`;
      return;
    }
    listen();
    outcomes.push({ kind: kind as Outcome["kind"], name: name!, text: text! });
    if (kind !== "failed") told?.(outcomes.at(-1)!);
  });
  try {
    const status = await Promise.race([closed, silence]);
    await waitFor(() => markedProcesses(mark).length === 0, { what: "nothing of it lives on" });
    if (status !== 0 && outcomes.every(({ kind }) => kind !== "failed")) throw new Error(`it ended with ${status}`);
  } catch (error) {
    await endHanging(child, mark, closed);
    const lines = outcomes.map(({ kind, name, text }) => `${kind} ${name}: ${text}`).join("\n");
    throw new Error(`${lines}\n${errors}\nliving: ${markedProcesses(mark).map(describeProcess).join("\n")}`, {
      cause: error,
    });
  } finally {
    clearTimeout(quiet);
  }
  // Exceptions and stacks of other threads are printed there.
  const failed = outcomes.findLast(({ kind }) => kind === "failed");
  if (failed && errors) failed.text += `\nstandard error of the whole program:\n${errors.slice(-50_000)}`;
  return outcomes;
}

/** The tests of a program, by class: what `outcomes/line_result.py` runs. */
export function testsOf(source: string): Map<string, string[]> {
  const tests = new Map<string, string[]>();
  let of: string[] | undefined;
  for (const line of source.split("\n")) {
    const [, name, base] = /^class (\w+)(.*)/.exec(line) ?? [];
    if (name !== undefined) of = undefined;
    if (name !== undefined && /TestCase\):/.test(base!)) tests.set(name, (of = []));
    const [, test] = /^ {4}(?:async )?def (test\w*)\(/.exec(line) ?? [];
    if (test !== undefined) of?.push(test);
  }
  return tests;
}

/** What is cleaned after the tests, the last first. */
interface Cleaned {
  after(clean: () => void | Promise<void>): void;
}

interface Reported {
  /** Arguments of Python; default: the program. */
  args?: readonly string[];
  /** Where it runs; default: a temporary folder. */
  cwd?: string;
  /** Called before the program starts; what it returns is added to its arguments and environment. */
  setUp?: (t: Cleaned) => Promise<{ args?: string[]; env?: Record<string, string> }>;
}

/**
 * Reports each test of a program in `fixtures/` by its name. The program runs once; each test is reported as soon as
 * its outcome arrives.
 */
export function reportTests(program: string, { args = [join(fixtures, program)], cwd, setUp }: Reported = {}): void {
  const classes = testsOf(readFileSync(join(fixtures, program), "utf8"));
  const names = [...classes].flatMap(([one, tests]) => tests.map((name) => `${one}.${name}`));
  const outcomes = new Map<string, Outcome>();
  const cleaning: (() => void | Promise<void>)[] = [];
  let told = () => {};
  let ended: Promise<Error | undefined>;
  const folder = cwd ?? temporaryFolder({ after });

  before(async () => {
    const more = await setUp?.({ after: (clean) => void cleaning.unshift(clean) });
    ended = runPythonTests({
      args: [...args, ...(more?.args ?? [])],
      cwd: folder,
      env: more?.env ?? {},
      told: (outcome) => {
        outcomes.set(outcome.name, outcome);
        told();
      },
    }).then(
      (all) => {
        for (const outcome of all) outcomes.set(outcome.name, outcome);
        return undefined;
      },
      (error: Error) => error,
    );
  });
  after(async () => {
    await ended;
    for (const clean of cleaning) await clean();
  });

  for (const [one, tests] of classes) {
    describe(one, () => {
      for (const test of tests) {
        it(test.replace(/^test_/, "").replaceAll("_", " "), async (t) => {
          const name = `${one}.${test}`;
          while (!outcomes.has(name)) {
            const next = new Promise<void>((resolve) => (told = resolve));
            const over = await Promise.race([next, ended.then((error) => ({ error }))]);
            if (over && !outcomes.has(name)) throw over.error ?? new Error("the program did not run this test");
          }
          const { kind, text } = outcomes.get(name)!;
          if (kind === "skipped") t.skip(text);
          else assert.equal(kind, "ok", text);
        });
      }
    });
  }

  it("ends, and no process of it lives on", async () => {
    const error = await ended;
    if (error) throw error;
    assert.deepEqual([...outcomes.keys()].sort(), names.sort());
  });
}
