import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { within } from "../deadline.js";
import { compiled } from "../fixture.js";
import type { TestFile } from "./files.js";
import { describeProcess, findLeaks, markedProcesses } from "./leaks.js";
import { noOutcome, type Failure, type Outcome } from "./outcome.js";
import type { TestEvent } from "./reporter.js";
import type { Run } from "./run.js";

/** A file that tells nothing for so long hangs. */
const quietMs = 600_000;
/** How many of the last characters of a file's output are kept. */
const maxOutput = 20_000;
/** Most processes, sockets and files left behind that are named. */
const maxLeaks = 20;

/** Runs one file in its own process, and then looks for what it left behind. */
export async function runFile(file: TestFile, run: Run): Promise<Outcome> {
  const number = run.nextNumber();
  const folder = join(run.folder, number);
  mkdirSync(folder, { mode: 0o700 });
  const mark = { name: "POLYPROC_TEST_FILE", value: `${run.id}.${number}` };
  const startedAt = performance.now();
  const outcome = noOutcome(file.source);

  const child = spawn(
    process.execPath,
    [
      "--enable-source-maps",
      "--test-reporter",
      compiled("test/runner/reporter"),
      "--test-reporter-destination",
      "stdout",
      file.compiled,
    ],
    {
      detached: true,
      stdio: ["ignore", "pipe", "pipe", "pipe"],
      env: {
        ...run.environment,
        TMPDIR: folder,
        XDG_RUNTIME_DIR: folder,
        XDG_STATE_HOME: `${folder}/state`,
        [mark.name]: mark.value,
      },
    },
  );
  run.started(child.pid!);
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.on("data", (data: Buffer) => (outcome.output = (outcome.output + data.toString()).slice(-maxOutput)));
  }

  /** Names of the tests that have begun and not ended, by nesting. */
  const open: string[] = [];
  let hung: Failure | null = null;
  const watchdog = setTimeout(() => {
    const living = markedProcesses(`${mark.name}=${mark.value}`).map(describeProcess);
    const why =
      open.length > 0
        ? ""
        : " No test is known to run: either all have ended and a socket, a timer or a child holds the process " +
          "open, or one blocks its event loop.";
    const error = [`nothing was told for ${quietMs / 1000} s, so it was killed.${why} Living then:`, ...living].join(
      "\n  ",
    );
    hung = { name: open.join(" > ") || "the file itself", error };
    killGroup(child.pid!);
  }, quietMs);

  const events = createInterface({ input: child.stdio[3] as Readable });
  events.on("line", (line) => {
    watchdog.refresh();
    const event = JSON.parse(line) as TestEvent;
    if (event.kind === "note") {
      outcome.notes.push(event.text);
      return;
    }
    const name = [...open.slice(0, event.nesting), event.name].join(" > ");
    open.length = event.nesting;
    if (event.kind === "begins") {
      open.push(event.name);
      return;
    }
    outcome.tests.push({ name, durationMs: event.durationMs });
    if (event.kind === "failed") outcome.failures.push({ name, error: event.error });
    else outcome[event.kind]++;
    if (event.kind === "skipped" && event.reason !== "") outcome.leftOut.push({ name, reason: event.reason });
  });

  const closed = new Promise((resolve) => child.once("close", resolve));
  const exit = await new Promise<string | null>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(code === 0 ? null : signal === null ? `exit code ${code}` : signal));
  });
  clearTimeout(watchdog);
  const leaks = await findLeaks(`${mark.name}=${mark.value}`, folder);
  killGroup(child.pid!);
  // The last events may still be in the pipe. The process that held it open was just killed.
  await within(closed, "the end of the test's pipes").catch(() => {});
  run.ended(child.pid!);
  for (const stream of child.stdio) stream?.destroy();

  if (hung) outcome.failures.push(hung);
  else if (exit !== null && outcome.failures.length === 0) {
    outcome.failures.push({
      name: open.join(" > ") || "the file itself",
      error: `the test process ended with ${exit}: process.exit was called, or it crashed; see its output below`,
    });
  } else if (outcome.tests.length === 0) {
    outcome.failures.push({ name: "the file itself", error: "it holds no test" });
  }
  if (leaks.length > 0)
    outcome.failures.push({
      name: "left behind",
      error: [
        ...leaks.slice(0, maxLeaks),
        ...(leaks.length > maxLeaks ? [`… and ${leaks.length - maxLeaks} more`] : []),
      ].join("\n"),
    });
  outcome.durationMs = performance.now() - startedAt;
  return outcome;
}

function killGroup(leader: number): void {
  try {
    process.kill(-leader, "SIGKILL");
  } catch {
    // No process is left.
  }
}
