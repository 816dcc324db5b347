import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { ItemCache, type CacheItem, type CacheOptions } from "../../cache/item-cache.js";
import { usualBytes } from "../../cache/store.js";
import { temporaryFolder } from "../temporary-folder.js";

function project(t: TestContext) {
  const cwd = temporaryFolder(t);
  const open = (options: Partial<CacheOptions> = {}) =>
    new ItemCache({
      folder: join(cwd, "cache"),
      maxBytes: usualBytes,
      cwd,
      what: "f",
      code: { program: "f" },
      variables: [],
      inputs: [],
      ...options,
    });
  return { cwd, open, write: (name: string, text: string) => writeFileSync(join(cwd, name), text) };
}

function named(name: string): CacheItem {
  return { value: name, texts: [name], command: ["f", name] };
}

const outcome = { value: 1, ms: 2 };

test("an outcome is found until something changes that it depends on, which is named", (t) => {
  const { cwd, open, write } = project(t);
  write("a", "1");
  const cache = open();
  assert.deepEqual(cache.look(0, named("a")), { why: null });
  assert.equal(cache.keep(0, named("a"), outcome), null);
  assert.deepEqual(open().look(0, named("a")), { found: { ...outcome, long: [] }, files: {} });
  write("a", "2");
  assert.deepEqual(open().look(0, named("a")), { why: `${join(cwd, "a")} changed` });
  const other = { ...named("a"), command: ["f", "-x", "a"], more: { "standard input": "i" } };
  write("a", "1");
  assert.deepEqual(open().look(0, other), { why: "the command changed, standard input is new" });
});

test("an outcome is not kept if a file that it depends on changed while the item ran", (t) => {
  const { open, write } = project(t);
  write("a", "1");
  write("module.mjs", "1");
  const cache = open();
  cache.look(0, named("a"));
  write("a", "2");
  assert.equal(cache.keep(0, named("a"), outcome), "something changed meanwhile");
  const shared = open({ inputs: ["module.mjs"] });
  shared.look(0, named("a"));
  write("module.mjs", "22");
  assert.equal(shared.keep(0, named("a"), outcome), "something changed meanwhile");
});

test("folders and FIFOs are not cached, and a text that is too long for a name is", (t) => {
  const { cwd, open } = project(t);
  mkdirSync(join(cwd, "folder"));
  execFileSync("mkfifo", [join(cwd, "fifo")]);
  const why = (name: string) => JSON.stringify(open().look(0, named(name)));
  assert.match(why("folder"), /is a folder/);
  assert.match(why("fifo"), /no regular file/);
  const cache = open();
  const long = named("x".repeat(5000));
  cache.look(0, long);
  assert.equal(cache.keep(0, long, outcome), null);
});

test("a folder that cannot be used makes every item a miss that says why", (t) => {
  const { cwd, open, write } = project(t);
  write("cache", "a file");
  const cache = open();
  assert.match(JSON.stringify(cache.look(0, named("a"))), /no outcome can be kept: .*cache/);
  assert.equal(cache.keep(0, named("a"), outcome), "it was not looked for");
  cache.close();
  rmSync(join(cwd, "cache"));
  const late = open();
  late.look(0, named("a"));
  rmSync(join(cwd, "cache"), { recursive: true });
  write("cache", "a file");
  assert.match(late.keep(0, named("a"), outcome)!, /no outcome can be kept/);
});

test("a torn outcome is a miss", (t) => {
  const { cwd, open, write } = project(t);
  const cache = open();
  cache.look(0, named("a"));
  cache.keep(0, named("a"), outcome);
  const [file] = execFileSync("ls", [join(cwd, "cache/outcomes")], { encoding: "utf8" }).split("\n");
  write(`cache/outcomes/${file}`, '{"value":');
  assert.ok("why" in open().look(0, named("a")));
});
