import { delimiter, join } from "node:path";
import { runProgram, type ExampleOptions, type Finished } from "../../examples/run-example.js";
import { root } from "../../fixture.js";

const binding = join(root, "bindings", "python");
/** How Python's tests tell their outcomes: see `python-tests.ts`. */
const outcomes = join(root, "test", "bindings", "python", "outcomes");

/**
 * Runs a Python program with the binding of this checkout, to its end. Fails when a process of it lives on. Writes all
 * stacks when it hangs.
 */
export function runPython(args: readonly string[], options: ExampleOptions = {}): Promise<Finished> {
  const env = { ...pythonEnvironment, PYTHONFAULTHANDLER: "1", ...options.env };
  return runProgram("python3", args, { ...options, env });
}

/**
 * What a Python program needs to find the binding of this checkout. Compiled modules are written only to the folder of
 * the run, if there is one.
 */
export const pythonEnvironment = {
  PYTHONPATH: [binding, outcomes, process.env["POLYPROC_COVERAGE_PATH"]].filter(Boolean).join(delimiter),
  ...(process.env["PYTHONPYCACHEPREFIX"] === undefined && { PYTHONDONTWRITEBYTECODE: "1" }),
};
