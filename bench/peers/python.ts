import { spawn, spawnSync } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Contender } from "../contender.js";

const script = fileURLToPath(new URL("../../../bench/peers/python.py", import.meta.url));
const binding = fileURLToPath(new URL("../../../bindings/python", import.meta.url));

/** A peer in Python, in one interpreter for all rounds. */
export function pythonLibrary(
  library: string,
  work: string,
  count: number,
  name: string,
  interpreter = "python3",
): Contender {
  const child = spawn(interpreter, [script, library], {
    stdio: ["pipe", "pipe", "inherit"],
    // A process group of its own, so that its workers can be ended with it.
    detached: true,
    env: { ...process.env, PYTHONPATH: binding, PYTHONDONTWRITEBYTECODE: "1" },
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    name,
    async measure() {
      child.stdin.write(`${work} ${count}\n`);
      const { value, done } = (await lines.next()) as IteratorResult<string>;
      if (done) throw new Error(`${interpreter} ${script} ${library} ended during ${work}`);
      return Number(value);
    },
    async close() {
      child.stdin.end();
      if (child.exitCode === null && child.signalCode === null)
        await new Promise((resolve) => child.once("exit", resolve));
    },
    giveUp() {
      try {
        process.kill(-child.pid!, "SIGKILL");
      } catch {
        // It has ended by itself.
      }
    },
  };
}

/** CPython's multiprocessing. */
export function cpython(work: string, count: number, name = "CPython multiprocessing"): Contender {
  return pythonLibrary("multiprocessing", work, count, name);
}

/** The first of these interpreters that can import the library: Debian installs it for its own interpreter only. */
function interpreterWith(...libraries: string[]): string | undefined {
  return ["python3", "/usr/bin/python3"].find(
    (interpreter) => spawnSync(interpreter, ["-c", `import ${libraries.join(", ")}`], { stdio: "ignore" }).status === 0,
  );
}

/** Polyproc, CPython and joblib with an array of numpy as argument. Empty if numpy is not installed. */
export function withNumpy(count: number): Contender[] {
  const both = interpreterWith("numpy", "joblib");
  const interpreter = both ?? interpreterWith("numpy");
  if (both === undefined)
    console.error(`${interpreter ? "joblib" : "numpy"} is not installed (Debian: python3-joblib), so it is left out`);
  if (interpreter === undefined) return [];
  return [
    pythonLibrary("polyproc", "array", count, "polyproc for Python", interpreter),
    pythonLibrary("multiprocessing", "array", count, "CPython multiprocessing", interpreter),
    ...(both ? [pythonLibrary("joblib", "array_memmap", count, "joblib, memmap", both)] : []),
  ];
}

/**
 * The first interpreter that can import loky, or joblib's copy of it. Debian installs it for its own interpreter only.
 */
const loky = ["python3", "/usr/bin/python3"]
  .flatMap((interpreter) => ["loky", "joblib.externals.loky"].map((library) => ({ interpreter, library })))
  .find(
    ({ interpreter, library }) => spawnSync(interpreter, ["-c", `import ${library}`], { stdio: "ignore" }).status === 0,
  );

/** loky's executor, on which joblib is built. Empty if it is not installed. */
export function lokyWhereInstalled(work: string, count: number): Contender[] {
  if (loky !== undefined)
    return [
      pythonLibrary(loky.library, work, count, loky.library === "loky" ? "loky" : "loky (joblib's)", loky.interpreter),
    ];
  console.error("loky is not installed (Debian: python3-joblib), so it is left out");
  return [];
}
