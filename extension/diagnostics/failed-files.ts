import { describeTarget } from "../../protocol/describe-target.js";
import type { Run } from "../runs/run.js";

/** Files whose items have failed, until the same target succeeds with the same file, or the run is forgotten. */
export class FailedFiles {
  /** By file, then by target: the run that failed. */
  readonly #failures = new Map<string, Map<string, { run: string; name: string }>>();

  /** Records the outcomes of these items. Returns the files whose mark has changed. */
  update(run: Run, indexes: Iterable<number>): Set<string> {
    const changed = new Set<string>();
    const { target, name } = run.request;
    const key = "module" in target ? `${target.module}#${target.export ?? "default"}` : describeTarget(target);
    for (const index of indexes) {
      const row = run.rows[index];
      if (!row || row.file === null) continue;
      if (row.state === "failed") {
        const failures = this.#failures.get(row.file) ?? new Map<string, { run: string; name: string }>();
        this.#failures.set(row.file, failures);
        if (!failures.has(key)) changed.add(row.file);
        failures.set(key, { run: run.id, name });
      } else if (row.state === "done") this.#remove(row.file, key, changed);
    }
    return changed;
  }

  /** Drops failures of runs that are not among these. */
  keepOnly(runs: ReadonlySet<string>): Set<string> {
    const changed = new Set<string>();
    for (const [file, failures] of this.#failures)
      for (const [key, { run }] of failures) if (!runs.has(run)) this.#remove(file, key, changed);
    return changed;
  }

  /** Names of what failed with this file. */
  of(file: string): string[] {
    return [...(this.#failures.get(file)?.values() ?? [])].map(({ name }) => name);
  }

  #remove(file: string, key: string, changed: Set<string>): void {
    const failures = this.#failures.get(file);
    if (!failures?.delete(key)) return;
    changed.add(file);
    if (failures.size === 0) this.#failures.delete(file);
  }
}
