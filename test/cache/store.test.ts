import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { CacheStore } from "../../cache/store.js";
import { temporaryFolder } from "../temporary-folder.js";

test("an outcome whose output has gone is a miss", (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "long"), "text");
  const store = new CacheStore(folder);
  store.write("k", { value: 1, ms: 2 }, { stdout: join(folder, "long") });
  assert.deepEqual(store.read("k")?.outcome, { value: 1, ms: 2, long: ["stdout"] });
  rmSync(join(folder, "outcomes/k.stdout"));
  assert.equal(store.read("k"), null);
});
