import { describeTarget } from "../../protocol/describe-target.js";
import type { Target } from "../../protocol/target.js";
import type { Row, Run } from "../runs/run.js";
import { findProblems } from "./find-problems.js";
import type { Problem } from "./problem.js";

/** A longer list is of no use. */
const maxProblems = 2000;

interface Finding {
  run: string;
  problems: Problem[];
}

/**
 * The problems that runs have found and that still hold: until the same target succeeds with the same item, finds
 * something else, or its run is forgotten.
 */
export class ProblemBook {
  /** By target and item. */
  readonly #findings = new Map<string, Finding>();
  #count = 0;

  /** Takes over the outcome of these items. Returns the files whose problems have changed. */
  update(run: Run, indexes: readonly number[]): Set<string> {
    const changed = new Set<string>();
    for (const index of indexes) {
      const row = run.rows[index];
      if (!row || (row.state !== "done" && row.state !== "failed")) continue;
      const key = keyOf(run.request.target, row);
      this.#remove(key, changed);
      const problems = findProblems(row, run.request);
      if (problems.length === 0 || this.#count + problems.length > maxProblems) continue;
      this.#findings.set(key, { run: run.id, problems });
      this.#count += problems.length;
      for (const { file } of problems) changed.add(file);
    }
    return changed;
  }

  /** Lets go of what runs have found that are none of these. */
  keepOnly(runs: ReadonlySet<string>): Set<string> {
    const changed = new Set<string>();
    for (const [key, finding] of this.#findings) if (!runs.has(finding.run)) this.#remove(key, changed);
    return changed;
  }

  clear(): Set<string> {
    return this.keepOnly(new Set());
  }

  /** The problems of these files; an empty list for a file without problems. */
  of(files: ReadonlySet<string>): Map<string, Problem[]> {
    const found = new Map<string, Problem[]>([...files].map((file) => [file, []]));
    for (const { problems } of this.#findings.values()) {
      for (const problem of problems) found.get(problem.file)?.push(problem);
    }
    return found;
  }

  #remove(key: string, changed: Set<string>): void {
    const finding = this.#findings.get(key);
    if (!finding) return;
    this.#findings.delete(key);
    this.#count -= finding.problems.length;
    for (const { file } of finding.problems) changed.add(file);
  }
}

function keyOf(target: Target, { file, label }: Row): string {
  const what = "module" in target ? `${target.module}#${target.export ?? "default"}` : describeTarget(target);
  return `${what}\n${file ?? label}`;
}
