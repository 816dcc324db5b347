import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "../fixture.js";
import { temporaryFolder } from "../temporary-folder.js";
import { copyWorkspace } from "../vscode/example-workspace.js";
import { needsHost } from "../vscode/needs-editor.js";
import { runHostTests, type HostTest } from "../vscode/host-tests.js";

/** Each test that runs in the extension host is a test of its own here. IN_HOST=views,runs runs only these suites. */
test("in the extension host", needsHost(), async (t) => {
  const only = (process.env["IN_HOST"] ?? "").split(",").filter(Boolean);
  const subtests: Promise<void>[] = [];
  const onTest = ({ title, outcome }: HostTest) => {
    subtests.push(
      t.test(title, async (subtest) => {
        if ((await outcome).skipped) subtest.skip();
      }),
    );
  };
  const folder = temporaryFolder(t);
  await runHostTests({
    folder,
    suites: join(root, "test/extension/host"),
    only,
    workspace: await copyWorkspace(join(folder, "workspace")),
    onTest,
    onNote: (text) => t.diagnostic(text),
  });
  await Promise.all(subtests);
  assert.ok(subtests.length > 0);
});
