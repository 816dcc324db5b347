import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "../fixture.js";
import { temporaryFolder } from "../temporary-folder.js";
import { needs } from "../tools/needs.js";
import { runHostTests } from "../vscode/host-tests.js";
import { needsHost } from "../vscode/needs-editor.js";
import { makeEditorWorkspace } from "./editor-workspace.js";

const { skip } = needsHost();

/** All projects are folders of one workspace in one extension host: a window takes longer than its runs. */
test("projects from the editor", skip === false ? needs("python3 with venv") : { skip }, async (t) => {
  const subtests: Promise<void>[] = [];
  await runHostTests({
    folder: temporaryFolder(t),
    suites: join(root, "test/extension/host/projects"),
    workspace: makeEditorWorkspace(t),
    // tsx keeps what it translated in the temporary folder.
    env: { TSX_DISABLE_CACHE: "1" },
    onTest: ({ title, outcome }) => void subtests.push(t.test(title, async () => void (await outcome))),
    onNote: (text) => t.diagnostic(text),
  });
  await Promise.all(subtests);
  assert.ok(subtests.length > 0);
});
