import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { compiled, root } from "../../fixture.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { needs } from "../../tools/needs.js";
import { noServer, serve } from "../polyproc.js";

const page = readFileSync(join(root, "docs/from-parallel.md"), "utf8");
/** The commands of each row of the table. */
const rows = page
  .split("\n")
  .map((line) => [...line.matchAll(/`((?:[^`\\]|\\.)+)`/g)].map(([, code]) => code!.replaceAll("\\|", "|")))
  .filter(([first, second]) => first?.includes("parallel") && second?.includes("polyproc map"));

const script = `polyproc() { "$NODE" "$MAIN" "$@"; }
`;

test("each line of docs/from-parallel.md prints what parallel prints", needs("parallel", "bash"), async (t) => {
  assert.ok(rows.length >= 35, `${rows.length} rows`);
  // One server for all lines: it need not be started for each of them.
  const server = await serve(t);
  const results = async (line: string) => {
    const cwd = temporaryFolder(t);
    mkdirSync(join(cwd, "sub"));
    writeFileSync(join(cwd, "sub/d.jpg"), "");
    writeFileSync(join(cwd, "list.txt"), "A\nB C\n");
    writeFileSync(join(cwd, "commas.csv"), "name,size\nx,1\n");
    const own = { NODE: process.execPath, MAIN: compiled("cli/main"), HOME: cwd, TMPDIR: cwd };
    const env = { ...process.env, ...noServer, ...server.env, ...own };
    const { stdout, stderr } = await promisify(execFile)("bash", ["-c", script + line], { cwd, env });
    return { stdout, stderr };
  };
  const next = rows.values();
  const work = async () => {
    for (const [parallel, own] of next) assert.deepEqual(await results(own!), await results(parallel!), own!);
  };
  await Promise.all([work(), work()]);
});
