import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import { root } from "../../../fixture.js";
import { pythons } from "../../../tools/tools.js";
import { pythonEnvironment } from "../run-python.js";

/** With POLYPROC_PYTHONS=all: every Python of the machine runs all tests. */
export const everyPython = process.env["POLYPROC_PYTHONS"] === "all";

const env = { ...process.env, ...pythonEnvironment };

export const suitePath = (name: string) => join(root, "test", "bindings", "python", "cpython", `${name}.py`);

/** A Python that has CPython's tests. */
export interface Judge {
  python: string;
  /** Such as `3.11`. */
  version: string;
}

/** The Pythons of the machine that have this module of CPython's tests: `python3` first, one of each version. */
export function judges(module: string): Judge[] {
  const script = `import sys, ${module}; print("%d.%d" % sys.version_info[:2]); sys.exit(sys.version_info < (3, 9))`;
  const found = new Map<string, Judge>();
  for (const python of pythons()) {
    const { status, stdout } = spawnSync(python, ["-c", script], { encoding: "utf8" });
    const version = stdout?.trim();
    if (status === 0 && !found.has(version)) found.set(version, { python, version });
  }
  return [...found.values()];
}

/** The names of its tests, `CLASS.TEST`. */
export function testsOfSuite(python: string, suite: string): string[] {
  const text = execFileSync(python, [suite, "--list"], { encoding: "utf8", env });
  return text.split("\n").filter((line) => line !== "");
}

/** In parts of about this many tests; a class is not divided. */
export function inParts(names: readonly string[], size: number): string[][] {
  const parts: string[][] = [];
  for (let at = 0; at < names.length;) {
    const class_ = `${names[at]!.split(".")[0]}.`;
    let end = at;
    while (names[end]?.startsWith(class_)) end++;
    const tests = names.slice(at, end);
    const last = parts.at(-1);
    if (last !== undefined && last.length + tests.length <= size) last.push(...tests);
    else parts.push(tests);
    at = end;
  }
  return parts;
}
