import { describeTarget } from "../../protocol/describe-target.js";
import { errorCodes } from "../../protocol/errors.js";
import type { Target } from "../../protocol/target.js";
import { failureText } from "../../bindings/typescript/runs/failure-text.js";
import type { Row, Run } from "../runs/run.js";
import { findProblems, modulePath } from "./find-problems.js";
import { loadProblem, type ReadText } from "./load-problem.js";
import type { Place, Problem } from "./problem.js";

/** Most problems at a time. */
const maxProblems = 2000;
/** Most items that a message names. */
const maxNames = 3;

interface Finding {
  run: string;
  index: number;
  label: string;
  problems: Problem[];
  /** The line of the function that threw, for this item. */
  thrown: { at: Place; message: string; label: string } | null;
}

/**
 * The problems that runs have found and that still hold: until the same target succeeds with the same item, finds
 * something else, or its run is forgotten. A module that cannot be loaded is one problem, whatever the number of items.
 */
export class ProblemBook {
  /** By target and item; that of a module that cannot be loaded, by target. */
  readonly #findings = new Map<string, Finding>();
  readonly #readText: ReadText;
  #count = 0;

  constructor(readText: ReadText) {
    this.#readText = readText;
  }

  /** Records the outcomes of these items. Returns the files whose problems have changed. */
  update(run: Run, indexes: readonly number[]): Set<string> {
    const changed = new Set<string>();
    const { target } = run.request;
    const name = nameOf(target);
    for (const index of indexes) {
      const row = run.rows[index];
      if (!row || (row.state !== "done" && row.state !== "failed")) continue;
      const key = `${name}\n${row.file ?? row.label}`;
      this.#remove(key, changed);
      if (row.state === "failed" && row.error?.code === errorCodes.TargetNotFound) {
        this.#cannotLoad(name, run, row, changed);
        continue;
      }
      this.#remove(name, changed);
      const { problems, thrownAt } = findProblems(row, run.request);
      const thrown = thrownAt && { at: thrownAt, message: failureText(row.error!), label: row.label };
      this.#add(key, { run: run.id, index, label: row.label, problems, thrown }, changed);
    }
    return changed;
  }

  /** Drops the problems of runs that are not among these. */
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
    const lines = new Map<string, { at: Place; message: string; labels: string[] }>();
    for (const { problems, thrown } of this.#findings.values()) {
      for (const problem of problems) found.get(problem.file)?.push(problem);
      if (!thrown || !files.has(thrown.at.file)) continue;
      const key = `${thrown.at.file}:${thrown.at.line}:${thrown.at.column}`;
      const line = lines.get(key);
      if (line) line.labels.push(thrown.label);
      else lines.set(key, { at: thrown.at, message: thrown.message, labels: [thrown.label] });
    }
    for (const { at, message, labels } of lines.values())
      found.get(at.file)!.push({ ...at, message: `${message} (for ${named(labels)})`, severity: "error" });
    return found;
  }

  /** The item that reported the problem with this message at this line (from 0). */
  itemAt(file: string, line: number, message: string): { run: string; index: number; label: string } | null {
    const isIt = (place: Place, text: string) => place.file === file && place.line === line && message.startsWith(text);
    for (const { run, index, label, problems, thrown } of this.#findings.values()) {
      if (problems.some((problem) => isIt(problem, problem.message)) || (thrown && isIt(thrown.at, thrown.message)))
        return { run, index, label };
    }
    return null;
  }

  /** The first reason is kept: other workers report the same. */
  #cannotLoad(name: string, run: Run, row: Row, changed: Set<string>): void {
    const module = modulePath(run.request.target);
    if (module === null || this.#findings.get(name)?.run === run.id) return;
    this.#remove(name, changed);
    const problem = loadProblem(module, row.error!, this.#readText);
    this.#add(name, { run: run.id, index: row.index, label: row.label, problems: [problem], thrown: null }, changed);
  }

  #add(key: string, finding: Finding, changed: Set<string>): void {
    const count = countOf(finding);
    if (count === 0 || this.#count + count > maxProblems) return;
    this.#findings.set(key, finding);
    this.#count += count;
    addFiles(finding, changed);
  }

  #remove(key: string, changed: Set<string>): void {
    const finding = this.#findings.get(key);
    if (!finding) return;
    this.#findings.delete(key);
    this.#count -= countOf(finding);
    addFiles(finding, changed);
  }
}

function countOf({ problems, thrown }: Finding): number {
  return problems.length + (thrown ? 1 : 0);
}

function addFiles({ problems, thrown }: Finding, files: Set<string>): void {
  for (const { file } of problems) files.add(file);
  if (thrown) files.add(thrown.at.file);
}

function named(labels: readonly string[]): string {
  const names = labels.slice(0, maxNames).join(", ");
  const more = labels.length - maxNames;
  return more > 0 ? `${names} and ${more} more` : names;
}

function nameOf(target: Target): string {
  return "module" in target ? `${target.module}#${target.export ?? "default"}` : describeTarget(target);
}
