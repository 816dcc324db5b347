import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../../temporary-folder.js";
import { run, serve, words, type TestContext } from "../polyproc.js";

/** A folder for commands that note each run of an item in the file `ran`. */
function project(t: TestContext & Parameters<typeof temporaryFolder>[0]) {
  const cwd = temporaryFolder(t);
  const map = async (args: string, script: string, items: string) => {
    const line = [...words(`map -k --cache --cache-dir cache ${args}`.trim()), "--", "sh", "-c", script, "sh"];
    return await run(t, [...line, ":::", ...words(items)], { cwd });
  };
  const ran = () => {
    const lines = readFileSync(join(cwd, "ran"), "utf8").trim().split("\n").sort();
    rmSync(join(cwd, "ran"));
    return lines.join(" ");
  };
  return { cwd, map, ran, write: (name: string, text: string) => writeFileSync(join(cwd, name), text) };
}

test("an unchanged item is replayed, and a changed file runs again and is named", async (t) => {
  const { cwd, map, ran, write } = project(t);
  write("a", "1\n");
  write("b", "2\n");
  const script = 'echo "$1" >> ran; cat "$1"; echo "about $1" >&2';
  const first = await map("-j1", script, "a b");
  assert.deepEqual([first.status, first.stdout, ran()], [0, "1\n2\n", "a b"]);
  write("b", "3\n");
  const second = await map("-j1", script, "a b");
  assert.deepEqual([second.status, second.stdout, ran()], [0, "1\n3\n", "b"]);
  assert.match(second.stderr, new RegExp(`b: not from the cache: ${join(cwd, "b")} changed\n`));
  assert.match(second.stderr, /about a\n/);
  assert.match(second.stderr, /2 done \(1 from the cache\)/);
  const third = await map("--json", script, "a b");
  assert.deepEqual(
    third.stdout
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { cached: boolean }).cached),
    [true, true],
  );
});

test("what runs, --env and --cache-input count; failures are not kept", async (t) => {
  const { map, ran, write } = project(t);
  write("config", "1");
  const script = 'echo "$1" >> ran; test "$K" != bad';
  assert.equal((await map("--env K=1 --cache-input conf*", script, "x y")).status, 0);
  assert.equal(ran(), "x y");
  assert.match((await map("--env K=2 --cache-input conf*", script, "x")).stderr, /x: not from the cache: \$K changed/);
  write("config", "2");
  assert.match((await map("--env K=2 --cache-input conf*", script, "x")).stderr, /config changed/);
  for (let i = 0; i < 2; i++) assert.equal((await map("--env K=bad", script, "z")).status, 1);
  assert.equal(ran(), "x x z z");
  const missing = await map("--cache-input nope*", script, "x");
  assert.deepEqual([missing.status, missing.stderr.split("\n").length], [2, 2]);
  assert.match(missing.stderr, /no file matches "nope\*"/);
});

test("long output of any bytes is replayed, and removed when the cache is too large", async (t) => {
  const { cwd, map, ran } = project(t);
  const script = "echo . >> ran; head -c 2000000 /dev/zero | tr '\\0' '\\377'";
  const first = await map("--files", script, "x");
  const second = await map("--files", script, "x");
  assert.equal(ran(), ".");
  const [one, two] = [first, second].map(({ stdout }) => readFileSync(stdout.trim()));
  assert.ok(one!.equals(two!) && one!.equals(Buffer.alloc(2_000_000, 0xff)));
  for (const { stdout } of [first, second]) rmSync(join(stdout.trim(), ".."), { recursive: true });
  const status = async () => (await run(t, words("cache status --cache-dir cache --json"), { cwd })).stdout;
  assert.match(await status(), /"outcomes":1,"bytes":2\d{6}/);
  await map("-q --cache-size 1M", "true", "y");
  assert.match(await status(), /"bytes":\d{1,6}\}/);
  assert.match((await run(t, words("cache clear --cache-dir cache"), { cwd })).stdout, /^removed /);
  assert.match(await status(), /"outcomes":0,"bytes":0/);
});

test("a function runs again when a module that it imports has changed", async (t) => {
  const cwd = temporaryFolder(t);
  mkdirSync(join(cwd, "lib"));
  writeFileSync(join(cwd, "f.mjs"), 'import { k } from "./lib/k.mjs";\nexport const f = (x) => x + k;\n');
  writeFileSync(join(cwd, "lib/k.mjs"), 'export const k = "1";\n');
  const map = () => run(t, words("map --cache --cache-dir cache --module f.mjs --export f x"), { cwd });
  assert.equal((await map()).stdout, '"x1"\n');
  assert.match((await map()).stderr, /1 done \(1 from the cache\)/);
  writeFileSync(join(cwd, "lib/k.mjs"), 'export const k = "2";\n');
  const { stdout, stderr } = await map();
  assert.equal(stdout, '"x2"\n');
  assert.match(stderr, /lib\/k\.mjs changed/);
});

test("with --detach the server replays, and attach counts what was", async (t) => {
  const { cwd, ran, write } = project(t);
  const { env } = await serve(t);
  write("a", "1");
  const script = 'echo "$1" >> ran; cat "$1"';
  const replayed = async (args: string) => {
    const line = [
      "map",
      "--detach",
      "--cache",
      "--cache-dir",
      "cache",
      ...words(args).filter(Boolean),
      "a",
      "--",
      "sh",
      "-c",
      script,
    ];
    const { status, stdout } = await run(t, [...line, "sh"], { cwd, env });
    assert.equal(status, 0);
    const { stderr } = await run(t, ["attach", stdout.trim()], { cwd, env });
    return /1 done \((1) from the cache\)/.test(stderr);
  };
  assert.equal(await replayed(""), false);
  assert.equal(await replayed(""), true);
  assert.equal(await replayed("--env K=1"), false);
  assert.equal(ran(), "a a");
});

test("options that need the whole output elsewhere are refused", async (t) => {
  for (const [args, message] of [
    ["--cache --lb", /leave --line-buffer out/],
    ["--cache --cluster redis://127.0.0.1", /leave --cluster out/],
    ["--cache-size 1G", /give --cache, too/],
  ] as const) {
    const { status, stderr } = await run(t, ["map", ...words(args).filter(Boolean), "a", "--", "true"]);
    assert.equal(status, 2);
    assert.match(stderr, message);
  }
});
