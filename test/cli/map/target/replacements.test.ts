import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { csv } from "../../../../cli/map/items/columns.js";
import { group } from "../../../../cli/map/target/grouping.js";
import { readWord } from "../../../../cli/map/target/replacements.js";
import { Template } from "../../../../cli/map/target/template.js";
import { shellWords } from "../../../../cli/map/target/what-runs.js";
import { UsageError } from "../../../../cli/usage-error.js";
import { temporaryFolder } from "../../../temporary-folder.js";
import { run } from "../../polyproc.js";

function fill(words: string[], fields: string[], names: string[] = []): string[] {
  return new Template(words, names, "join").fill({ fields, names, value: fields[0], index: 4, slot: 2 });
}

test("replacements stand for the item, its parts, its fields and its numbers", () => {
  assert.deepEqual(fill(["{.}", "{/}", "{//}", "{/.}", "{#}{index}{%}"], ["a.b/c.d"]), [
    "a.b/c",
    "c.d",
    "a.b",
    "c",
    "542",
  ]);
  assert.deepEqual(fill(["{2}-{1.}", "{-1}", "{b/}"], ["x.y", "p/q"], ["a", "b"]), ["p/q-x", "p/q", "q"]);
  assert.deepEqual(fill(["-v"], ["a", "b"]), ["-v", "a", "b"]);
});

test("what is no replacement stays as it is, and what cannot be filled in is an error", () => {
  const text = ["{print}", "${1}", "${name}", "{ }", "{}x{{}}"];
  assert.deepEqual(fill(text, ["a"], []), ["{print}", "${1}", "${name}", "{ }", "ax{}"]);
  assert.throws(() => fill(["{3}"], ["a"]), /\{3\} names a field that the item does not have; it has 1/);
  assert.throws(() => fill(["{nme}"], ["a"], ["name"]), /there is no field "nme"; the header has name/);
  assert.throws(() => readWord("{name.}", { names: [] }), UsageError);
  assert.throws(() => readWord("a{= s/x/y/ =}", { names: [] }), /\{= s\/x\/y\/ =\} is Perl, which is not run here/);
  assert.deepEqual(fill(["{=}", "{a={b}"], ["x"]), ["{=}", "{a={b}", "x"]);
});

test("a line of CSV may have quotes and commas in quotes", () => {
  assert.deepEqual(csv('a,"b, ""c""",,d'), ["a", 'b, "c"', "", "d"]);
  assert.throws(() => csv('"a'), /no closing quote/);
  assert.throws(() => csv('"a"b,c'), /a comma or the end must follow/);
});

test("a group ends when it has enough items, or when the command line is full", async () => {
  const items = ["a", "b", "c", "x".repeat(100_000), "y".repeat(100_000)].map((text) => ({
    ok: true as const,
    value: text,
    text,
    fields: [text],
  }));
  const sizes = async (max: number | null) => {
    const found: number[] = [];
    for await (const item of group(items, { max, lineBytes: 10 })) found.push(item.ok ? item.fields.length : 0);
    return found;
  };
  assert.deepEqual(await sizes(2), [2, 2, 1]);
  assert.deepEqual(await sizes(null), [4, 1]);
});

test("--shell passes items as arguments, whatever quotes are around them", async (t) => {
  assert.deepEqual(shellWords("a {} {.} '{}' \"{}\" ${x} `{}`", []).slice(2), [
    `a "\${1}" "\${2}" ''"\${1}"'' "\${1}" \${x} \`"\${1}"\``,
    "sh",
    "{}",
    "{.}",
  ]);
  const folder = temporaryFolder(t);
  const item = `$(touch hurt) '"; touch hurt #.txt`;
  writeFileSync(join(folder, item), "it\n");
  const { stdout, stderr } = await run(
    t,
    ["map", "-q", "--shell", 'cat {} "{}"; echo \'{.}\' "$(echo {/})"; ls', item],
    {
      cwd: folder,
    },
  );
  assert.deepEqual([stdout, stderr], [`it\nit\n${item.slice(0, -4)} ${item}\n${item}\n`, ""]);
});

test("contradictory options are usage errors", async (t) => {
  for (const [args, said] of [
    [["-0", "-d", ",", "--", "echo"], /-0 and -d both/],
    [["-X", "-m", "a", "--", "echo"], /-X and -m differ/],
    [["--shell", "echo", "-n", "2", "a"], /leave -n, -m and -X out/],
    [["--detach", "a", "--", "echo", "{.}"], /with --detach the server fills in the items/],
    [["--header", ":", "x", "1", "--", "echo", "{y}"], /there is no field "y"; the header has x/],
    [["--", "echo", ":::+", "a"], /the first input has no \+/],
  ] as const) {
    const { status, stderr } = await run(t, ["map", ...args]);
    assert.equal(status, 2, args.join(" "));
    assert.match(stderr, said);
    assert.match(stderr, /^polyproc: [^\n]+\n$/);
  }
});

test("without -- the command is what stands before :::, and what is none is told", async (t) => {
  assert.equal((await run(t, ["map", "-q", "-k", "echo", "{}!", ":::", "a", "b"])).stdout, "a!\nb!\n");
  const line = await run(t, ["map", "-q", "echo {} > {.}.out", ":::", "a"]);
  assert.match(line.stderr, /^polyproc: echo \{\} > \{\.\}\.out is one word, and no program: .* --shell LINE$/m);
  assert.equal(line.status, 2);
  const item = await run(t, ["map", "-q", "echo"]);
  assert.match(item.stderr, /^polyproc: say what to run: echo is an item here; the command goes behind --/m);
  assert.equal(item.status, 2);
});
