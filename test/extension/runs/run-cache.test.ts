import assert from "node:assert/strict";
import { test } from "node:test";
import { cacheOf } from "../../../extension/runs/run-cache.js";
import type { RunRequest } from "../../../extension/runs/run.js";

const request = { target: { command: "wc" }, options: {}, origin: "command" } satisfies Partial<RunRequest>;

test("the setting counts for the user's own runs that do not say otherwise", () => {
  assert.deepEqual(cacheOf(request, true), { cache: { env: [] } });
  assert.deepEqual(cacheOf(request, false), {});
  assert.deepEqual(cacheOf({ ...request, options: { cache: false } }, true), {});
  assert.deepEqual(cacheOf({ ...request, options: { cache: true } }, false), { cache: { env: [] } });
  assert.deepEqual(cacheOf({ ...request, origin: "api" }, true), {});
  assert.deepEqual(cacheOf({ ...request, options: { where: "cluster" } }, true), {});
  assert.deepEqual(cacheOf({ ...request, target: { source: "x" } }, true), {});
});

test("outcomes depend on the variables of what runs, not on those of the terminal", () => {
  const env = { A: "1", COLUMNS: "80", FORCE_COLOR: "1", CLICOLOR_FORCE: "1" };
  assert.deepEqual(cacheOf({ ...request, target: { command: "wc", env } }, true), { cache: { env: ["A"] } });
  assert.deepEqual(cacheOf({ ...request, target: { module: "/m.js" }, env }, true), { cache: { env: ["A"] } });
  const options = { cache: { dir: "/kept", env: ["B"] } };
  assert.deepEqual(cacheOf({ ...request, options }, false), { cache: { dir: "/kept", env: ["B"] } });
});
