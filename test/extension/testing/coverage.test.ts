import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { coveredLines, readCoverage } from "../../../extension/testing/coverage.js";
import { within } from "../../deadline.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { realServer } from "../tasks/real-server.js";

const source = `import { helper } from "helper";

export function task(word) {
  if (word === "b") {
    return helper("bee");
  }
  // What is left.
  return "another";
}

function unused() {
  return 1;
}
`;

test("the coverage of a run is the sum of its workers', of the folder's own files", async (t) => {
  const folder = temporaryFolder(t);
  const packaged = join(folder, "project/node_modules/helper");
  mkdirSync(packaged, { recursive: true });
  writeFileSync(join(packaged, "package.json"), '{"name":"helper","type":"module","exports":"./index.js"}');
  writeFileSync(join(packaged, "index.js"), "export const helper = (word) => word;\n");
  writeFileSync(join(folder, "project/task.mjs"), source);
  writeFileSync(join(folder, "outside.mjs"), "export {};\n");
  // The editor may know the folder by another path than Node.
  const root = join(folder, "link");
  symlinkSync(join(folder, "project"), root);
  const reports = join(folder, "reports");
  mkdirSync(reports);

  const { runs } = await realServer(t);
  const run = await runs.start({
    name: "covered",
    target: { module: join(root, "task.mjs"), export: "task" },
    items: ["a", "b", "c"].map((value) => ({ value, label: value, file: null })),
    options: { processes: 2, chunkSize: 1 },
    env: { NODE_V8_COVERAGE: reports },
    origin: "api",
  });
  await within(run.whenEnded, "the end of the run");
  assert.deepEqual(
    run.rows.map(({ value }) => value),
    ["another", "bee", "another"],
  );
  // What a process left that was killed while it wrote.
  writeFileSync(join(reports, "half.json"), '{"result":[{');

  const covered = await readCoverage(reports, root);
  assert.deepEqual([...covered.keys()], [join(root, "task.mjs")]);
  const lines = covered.get(join(root, "task.mjs"))!;
  const counts = new Map(lines.map(({ line, count }) => [line + 1, count]));
  assert.deepEqual(
    [3, 4, 5, 7, 8, 11, 12].map((line) => [line, counts.get(line)]),
    [
      [3, 3],
      [4, 3],
      [5, 1],
      [7, undefined],
      [8, 2],
      [11, 0],
      [12, 0],
    ],
  );
});

test("a line may be as long as a bundle", () => {
  const text = "x".repeat(1_000_000);
  const functions = [{ ranges: [{ startOffset: 0, endOffset: text.length, count: 2 }] }];
  assert.deepEqual(coveredLines({ functions }, text), [{ line: 0, length: text.length, count: 2 }]);
});
