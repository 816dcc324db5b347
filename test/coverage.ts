/**
 * `npm run coverage [-- PART-OF-A-PATH…]`: runs the suite, and tells how much of the TypeScript and of the Python
 * sources it reaches. The pages are in `dist/coverage`. Processes that a test kills tell nothing, so the real figures
 * are higher.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./fixture.js";

const folder = join(root, "dist", "coverage");
const python = join(folder, "python");
const sources = ["protocol", "server", "bindings", "cli", "extension"];

rmSync(folder, { recursive: true, force: true });
mkdirSync(python, { recursive: true });

function run(command: string, args: string[], environment: NodeJS.ProcessEnv = {}): number {
  return spawnSync(command, args, { cwd: root, stdio: "inherit", env: { ...process.env, ...environment } }).status ?? 1;
}

const hasCoveragePy = spawnSync("python3", ["-c", "import coverage"]).status === 0;
const environment: NodeJS.ProcessEnv = {};
if (hasCoveragePy) {
  const settings = join(python, "coveragerc");
  writeFileSync(
    settings,
    `[run]\nsource = ${join(root, "bindings", "python", "polyproc")}\ndata_file = ${join(python, "data")}\n` +
      "parallel = true\nsigterm = true\n",
  );
  writeFileSync(join(python, "sitecustomize.py"), "import coverage\n\ncoverage.process_startup()\n");
  environment["COVERAGE_PROCESS_START"] = settings;
  environment["POLYPROC_COVERAGE_PATH"] = python;
}
const status = run(
  process.execPath,
  [
    join(root, "node_modules", "c8", "bin", "c8.js"),
    "--temp-directory",
    join(folder, "v8"),
    "--reports-dir",
    folder,
    "--merge-async",
    "--reporter",
    "text-summary",
    "--reporter",
    "html",
    ...sources.flatMap((name) => ["--include", `dist/${name}/**`, "--include", `${name}/**`]),
    process.execPath,
    join(root, "dist", "test", "run.js"),
    ...process.argv.slice(2),
  ],
  environment,
);
rmSync(join(folder, "v8"), { recursive: true, force: true });
if (hasCoveragePy) {
  const settings = `--rcfile=${join(python, "coveragerc")}`;
  run("python3", ["-m", "coverage", "combine", settings, "--quiet"]);
  run("python3", ["-m", "coverage", "html", settings, "--quiet", "-d", join(folder, "polyproc")]);
  const { stdout } = spawnSync("python3", ["-m", "coverage", "report", settings], { cwd: root, encoding: "utf8" });
  console.log(`Python: ${/(\d+%)\s*$/.exec(stdout.trim())?.[1] ?? "nothing was reached"} of the statements`);
} else {
  console.log(
    "Python's sources were left out: python3 has no coverage.py (pip install coverage, or Debian's python3-coverage)",
  );
}
process.exitCode = status;
