import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { compiled, root } from "../fixture.js";
import { temporaryFolder } from "../temporary-folder.js";

const run = promisify(execFile);

/** The runner on a machine that has these programs and no others, with the files whose path contains `part`. */
async function runOn(
  t: Parameters<typeof temporaryFolder>[0],
  programs: readonly string[],
  part: string,
  env: Record<string, string>,
) {
  const folder = temporaryFolder(t);
  const path = join(folder, "bin");
  mkdirSync(path);
  for (const program of programs)
    symlinkSync((await run("sh", ["-c", `command -v ${program}`])).stdout.trim(), join(path, program));
  const options = { cwd: root, env: { PATH: path, TMPDIR: folder, CHROMIUM: "/nowhere", ...env } };
  return run(process.execPath, [compiled("test/run"), part], options).then(
    ({ stdout }) => ({ code: 0, stdout, lines: stdout.trimEnd().split("\n") }),
    ({ code, stdout }: { code: number; stdout: string }) => ({ code, stdout, lines: stdout.trimEnd().split("\n") }),
  );
}

const basics = ["sh", "sleep", "kill", "cat"];

test("without an outside tool the rest runs and passes, and the end names the tool and its package", async (t) => {
  const { code, stdout, lines } = await runOn(t, basics, "test/examples/editors", {});
  assert.equal(code, 0, stdout);
  assert.equal(lines.at(-1), "0 passed, 0 failed, 2 skipped");
  assert.match(stdout, /^ {2}test\/examples\/editors\.test\.ts: without emacs \(the client in Emacs\)$/m);
  assert.match(stdout, /^ {2}test\/examples\/editors\.test\.ts: without nvim \(the client in Neovim\)$/m);
  assert.match(stdout, /^to run all of it: .*(emacs.*neovim|emacs.*nvim)/m);
});

test("with CI set, what is left out fails", async (t) => {
  const { code, stdout, lines } = await runOn(t, basics, "test/examples/editors", { CI: "true" });
  assert.equal(code, 1, stdout);
  assert.equal(lines.at(-1), "0 passed, 2 failed");
  assert.match(
    stdout,
    /✖ the client in Emacs\n +it was left out, without emacs: with CI set every test must run\. .*emacs/,
  );
});

test("a test in a file that needs the tool is left out alone", async (t) => {
  const { code, stdout, lines } = await runOn(t, [...basics, "echo", "true", "ps"], "server/os/process-table", {});
  assert.equal(code, 0, stdout);
  assert.match(lines.at(-1)!, /^[1-9]\d* passed, 0 failed, [1-9]\d* skipped$/);
});
