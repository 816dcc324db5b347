import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { mapCommand } from "../../../cli/map/map-command.js";
import { needlessOptions, otherOptions } from "../../../cli/map/other-options.js";
import { UsageError } from "../../../cli/usage-error.js";
import { root } from "../../fixture.js";
import { needs } from "../../tools/needs.js";
import { run } from "../polyproc.js";

const page = readFileSync(join(root, "docs/from-parallel.md"), "utf8");
const [, options = ""] = page.split("## Every option\n");
const [same = "", needless = "", other = ""] = options.split(/^These /m);
const refused = otherOptions.flatMap(([names]) => names.split(" "));

function namesIn(text: string): string[] {
  return [...text.matchAll(/`(--?[\w-]+)`/g)].map(([, name]) => name!);
}

test("docs/from-parallel.md has every option that map takes as parallel does, and no other", () => {
  const own = new Set(mapCommand(null, () => {}).options.flatMap(({ long, short }) => [long, short]));
  for (const name of namesIn(same)) assert.ok(own.has(name) && !refused.includes(name), name);
  assert.deepEqual(namesIn(needless), needlessOptions);
});

test("docs/from-parallel.md has what is there in place of each other option, and so has its error", async (t) => {
  const rows = other.split("\n").filter((line) => line.startsWith("| `"));
  assert.deepEqual(
    rows
      .map((row) => row.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|")))
      .map(([, a, b]) => [a, b]),
    otherOptions.map(([names, instead]) => [
      names
        .split(" ")
        .map((name) => `\`${name}\``)
        .join(" "),
      instead,
    ]),
  );
  for (const name of refused) {
    const command = mapCommand(null, () => {});
    assert.throws(
      () => command.parseOptions([name, "x"]),
      (error) =>
        error instanceof UsageError &&
        error.message.startsWith(`${name} of GNU parallel is not here; in place of it: `),
    );
  }
  const { status, stdout, stderr } = await run(t, ["map", "--tmux", "-j2", "a", "--", "echo"]);
  assert.deepEqual([status, stdout], [2, ""]);
  assert.equal(
    stderr,
    "polyproc: --tmux of GNU parallel is not here; in place of it: `--detach`, `polyproc attach` and `polyproc top`\n",
  );
});

test("no option of parallel is missing in docs/from-parallel.md", needs("parallel"), (t) => {
  const program = readFileSync(execFileSync("sh", ["-c", "command -v parallel"], { encoding: "utf8" }).trim(), "utf8");
  if (!program.includes("$Global::version = 20221122;")) {
    t.skip("the page is about version 20221122");
    return;
  }
  const [, from = ""] = program.split("sub options_completion_hash()");
  const [declared = ""] = from.split("\nsub ");
  const known = new Set(namesIn(options));
  const names = [...declared.matchAll(/^\s*\(?"([\w|?-]+)(?:[=:]\w@?)?["[]/gm)].map(([, name]) => name!.split("|"));
  assert.ok(names.length > 100, `${names.length} options`);
  const isKnown = (name: string) => known.has(name.length === 1 ? `-${name}` : `--${name}`);
  // Single capitals and some others are not in its manual; help and version are of each command.
  const missing = names.filter(
    (all) => !all.some(isKnown) && !/^(?:[A-Z]|_.*|debug|g|linkinputsource|help|version)$/.test(all[0]!),
  );
  assert.deepEqual(missing, []);
});
