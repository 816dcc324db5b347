import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { command, toTarget } from "../../bindings/typescript/processes/target.js";
import { shellPlaceholderWarning } from "../../protocol/shell-placeholder.js";
import { fillItem } from "../../server/engine/processes/command-line.js";
import { waitFor } from "../deadline.js";
import { pythonEnvironment } from "../bindings/python/run-python.js";
import { needs } from "../tools/needs.js";

const risky: [string, string[]][] = [
  ["sh", ["-c", "wc -l {item}"]],
  ["/bin/bash", ["-ec", "wc '{item}'"]],
  ["bash", ["-c", "-e", 'wc "{item.path}"']],
  ["env", ["A=1", "zsh", "-c", "x{item}"]],
  ["nice", ["dash", "-c", "echo $(({item} * 2))", "sh", "{item}"]],
];
const fine: [string, string[]][] = [
  ["sh", ["-c", 'wc -l "$1"', "sh", "{item}"]],
  ["sh", ["-c", "{item}"]],
  ["sh", ["-c", "echo {index} {{item}}"]],
  ["sh", ["script.sh", "{item}"]],
  ["wc", ["-c", "{item}"]],
  ["convert", ["{item}", "-resize", "50%", "small/{item}"]],
  ["sh", ["-c"]],
];

test("a placeholder inside of a shell's program causes a warning, as an argument it does not", () => {
  for (const [program, args] of risky)
    assert.match(shellPlaceholderWarning(program, args) ?? "", /\$1/, args.join(" "));
  for (const [program, args] of fine) assert.equal(shellPlaceholderWarning(program, args), null, args.join(" "));
});

test("Python warns of the same", needs("python3"), () => {
  const code =
    "import sys, json, warnings; warnings.simplefilter('always'); from polyproc.targets import command\n" +
    "counts = []\nfor program, args in json.loads(sys.argv[1]):\n" +
    "  with warnings.catch_warnings(record=True) as told:\n    warnings.simplefilter('always'); " +
    "command(program, args)\n  counts.append(len(told))\nprint(counts)";
  const { stdout, stderr } = spawnSync("python3", ["-c", code, JSON.stringify([...risky, ...fine])], {
    env: { ...process.env, ...pythonEnvironment },
    encoding: "utf8",
  });
  assert.equal(
    stdout.trim(),
    JSON.stringify([...risky.map(() => 1), ...fine.map(() => 0)]).replaceAll(",", ", "),
    stderr,
  );
});

test("the TypeScript binding warns once for each command", async (t) => {
  const told: Error[] = [];
  const listener = (warning: Error) => told.push(warning);
  process.on("warning", listener);
  t.after(() => process.off("warning", listener));
  for (let i = 0; i < 3; i++) toTarget(command("sh", ["-c", "wc {item}"]));
  toTarget(command("sh", ["-c", 'wc "$1"', "sh", "{item}"]));
  await waitFor(() => told.length > 0, { what: "a warning" });
  assert.deepEqual(
    told.map(({ name }) => name),
    ["PolyprocWarning"],
  );
});

test("inside of a shell's text an item is executed; as an argument it is plain text", () => {
  const say = (args: string[]) => {
    const filled = fillItem({ command: "sh", args }, "x; echo injected", 0);
    return spawnSync(filled.command, filled.args, { encoding: "utf8" }).stdout;
  };
  assert.equal(say(["-c", "echo {item}"]), "x\ninjected\n");
  assert.equal(say(["-c", 'echo "$1"', "sh", "{item}"]), "x; echo injected\n");
});
