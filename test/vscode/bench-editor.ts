/*
 * `npm run bench:editor [-- clicks|memory] [--runs N]`: measures in the extension host of a real VS Code what the
 * extension is to keep to, and prints it. `clicks`: only the time from a click to the first result. `memory`: only what
 * runs of 10,000 items leave, after N of them (default 100). It takes some minutes; on a machine with other work, times
 * are others, memory is not.
 */
import { parseArgs } from "node:util";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../fixture.js";
import { copyWorkspace } from "./example-workspace.js";
import { goalsVariable, isGoal, type GoalsOrder } from "./goals-order.js";
import { runHostTests } from "./host-tests.js";
import { packagedExtension } from "./packaged-extension.js";

const { values, positionals } = parseArgs({
  options: { runs: { type: "string", default: "100" } },
  allowPositionals: true,
});
const [only = "all", ...more] = positionals;
if (more.length > 0 || !isGoal(only) || !/^[1-9]\d*$/.test(values.runs)) {
  process.stderr.write("usage: npm run bench:editor [-- clicks|memory] [--runs N]\n");
  process.exit(2);
}

/** A signal ends VS Code first; otherwise its processes would stay. */
const stopped = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => stopped.abort(signal));

const folder = mkdtempSync(join(tmpdir(), "pp-"));
const say = (text: string) => process.stdout.write(`${text}\n`);

try {
  const vsix = await packagedExtension(folder);
  say(`the packaged extension has ${(statSync(vsix).size / 1000).toFixed(0)} kB; the goal is 1500 kB`);
  const failures: Promise<void>[] = [];
  await runHostTests({
    folder,
    suites: join(root, "test/extension/host/goals"),
    env: { [goalsVariable]: JSON.stringify({ only, runs: Number(values.runs) } satisfies GoalsOrder) },
    signal: stopped.signal,
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
} catch (error) {
  if (!stopped.signal.aborted) throw error;
  process.exitCode = 128 + constants.signals[stopped.signal.reason as NodeJS.Signals];
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
