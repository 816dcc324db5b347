import { buildNative, hasNative, oldNative } from "../../packaging/native.js";
import { installOffline } from "../vscode/install-offline.js";
import { usesDesktop } from "../vscode/executable.js";
import { needsHost, needsWindow } from "../vscode/needs-editor.js";
import { packageForRun } from "../vscode/packaged-extension.js";
import type { TestFile } from "./files.js";
import { noOutcome, type Outcome } from "./outcome.js";
import type { Run } from "./run.js";

/**
 * The native code, built before any test loads it. After an update a checkout still has the files of the old source,
 * and tests that load them fail without a word about why. Files that are missing are optional.
 */
export async function prepareNative(): Promise<Outcome[]> {
  if (hasNative() && oldNative().length === 0) return [];
  const outcome = noOutcome("the native code is that of the sources");
  const began = performance.now();
  await buildNative((line) => outcome.notes.push(line));
  const old = oldNative();
  if (old.length === 0) outcome.passed = 1;
  else
    outcome.failures.push({
      name: outcome.title,
      error: [
        `older than its source: ${old.join(", ")}. Delete it, or build it again: npm run native`,
        ...outcome.notes,
      ].join("\n"),
    });
  outcome.durationMs = performance.now() - began;
  outcome.tests.push({ name: outcome.title, durationMs: outcome.durationMs });
  return [outcome];
}

/**
 * What the tests in an editor need, before any of them begins: installing takes longer than a file may stay silent, and
 * packaging is done once.
 */
export async function prepareEditors(files: readonly TestFile[], run: Run): Promise<Outcome[]> {
  // Tests whose tools are missing say so themselves.
  const inBrowser =
    files.some(({ source }) => source.startsWith("test/extension/browser/")) && needsWindow().skip === false;
  const inHost = files.some(({ source }) => source === "test/extension/in-host.test.ts") && needsHost().skip === false;
  if (!inBrowser && !inHost) return [];
  const title = "the editor to test in";
  const began = performance.now();
  const outcome = noOutcome(title);
  try {
    if (inBrowser || !usesDesktop()) await installOffline();
    if (inBrowser) outcome.notes.push(await packageForRun(run.folder, run.environment));
    outcome.passed = 1;
  } catch (error) {
    outcome.failures.push({ name: title, error: error instanceof Error ? error.message : String(error) });
  }
  outcome.durationMs = performance.now() - began;
  outcome.tests.push({ name: title, durationMs: outcome.durationMs });
  return [outcome];
}
