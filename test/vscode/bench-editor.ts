/*
 * `npm run bench:editor`: measures in the extension host of a real VS Code what the extension is to keep to, and prints
 * it. It takes some minutes; a machine with other work gives other numbers.
 */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../fixture.js";
import { copyWorkspace } from "./example-workspace.js";
import { runHostTests } from "./host-tests.js";
import { packagedExtension } from "./packaged-extension.js";

const folder = mkdtempSync(join(tmpdir(), "pp-"));
const say = (text: string) => process.stdout.write(`${text}\n`);

try {
  const vsix = await packagedExtension(folder);
  say(`the packaged extension has ${(statSync(vsix).size / 1000).toFixed(0)} kB; the goal is 1500 kB`);
  const failures: Promise<void>[] = [];
  await runHostTests({
    folder,
    suites: join(root, "test/extension/host/goals"),
    workspace: await copyWorkspace(join(folder, "workspace")),
    onTest: ({ title, outcome }) => {
      failures.push(
        outcome.then(
          () => {},
          (error: unknown) => {
            process.exitCode = 1;
            say(`${title}: ${error instanceof Error ? error.message : String(error)}`);
          },
        ),
      );
    },
    onNote: say,
  });
  await Promise.all(failures);
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
