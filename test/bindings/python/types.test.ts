import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { runProgram } from "../../examples/run-example.js";
import { root } from "../../fixture.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { runPython } from "./run-python.js";
import { unpacked } from "./wheel.js";
import { needs } from "../../tools/needs.js";

const here = join(root, "test", "bindings", "python");
const fixtures = join(here, "fixtures");
/** The oldest Python that the package supports. */
const oldest = ["--python-version", "3.9"];

describe("the types of the Python package", needs("python3 with venv", "mypy", "stubtest"), () => {
  const folder = temporaryFolder({ after });
  const [environment, stubs] = [join(folder, "environment"), join(folder, "stubs")];
  let installed: string;

  before(() => {
    // As users have it: a wheel among the packages of an environment, where a checker believes it because of its
    // `py.typed`.
    execFileSync("python3", ["-m", "venv", "--without-pip", environment]);
    const lib = join(environment, "lib");
    installed = join(lib, readdirSync(lib)[0]!, "site-packages");
    unpacked("wheel", installed);
    // Sources aside, so that a module without a stub is noticed. Private packages have no stubs.
    cpSync(join(installed, "polyproc"), join(stubs, "polyproc"), {
      recursive: true,
      filter: (path) => !/\.py$|\/_\w+$/.test(path),
    });
  });

  /** What mypy finds: `FILE:LINE: error: TEXT  [CODE]`. Its cache is the folder's, and no configuration is read. */
  async function mypy(args: readonly string[], cwd = folder): Promise<string[]> {
    const options = [
      "--config-file=",
      "--cache-dir",
      join(folder, "cache"),
      "--python-executable",
      join(environment, "bin", "python"),
      "--no-error-summary",
      "--hide-error-context",
    ];
    const { status, lines, stderr } = await runProgram("mypy", [...options, ...args], { cwd });
    const errors = lines.filter((line) => /: error: /.test(line));
    assert.ok(stderr === "" && status === (errors.length > 0 ? 1 : 0), lines.join("\n") + stderr);
    return errors;
  }

  it("match the modules, and every public module has them", async () => {
    const { status, stdout, stderr } = await runProgram(
      "stubtest",
      ["polyproc", "--concise", "--allowlist", join(here, "stubtest-allowlist.txt")],
      {
        cwd: folder,
        env: { MYPYPATH: stubs, PYTHONPATH: installed, PYTHONDONTWRITEBYTECODE: "1" },
      },
    );
    assert.equal(status, 0, stdout + stderr);
  });

  it("are consistent in themselves", async () => {
    const files = readdirSync(stubs, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".pyi"));
    assert.ok(files.length > 20);
    assert.deepEqual(await mypy(["--strict", ...oldest, ...files], stubs), []);
  });

  it("give what users write exactly the expected types", async () => {
    assert.deepEqual(await mypy(["--strict", ...oldest, join(fixtures, "typed_program.py")]), []);
  });

  it("can be used in annotations, which Python evaluates", async () => {
    const { status, lines, stderr } = await runPython([join(fixtures, "typed_program.py")], { cwd: folder });
    assert.equal(stderr, "");
    assert.equal(status, 0);
    assert.equal(lines.at(-1), "done");
  });

  it("report each mistake in its line", async () => {
    const file = join(fixtures, "typed_mistakes.py");
    const expected = new Map(
      readFileSync(file, "utf8")
        .split("\n")
        .flatMap((text, i) => {
          const codes = /# wrong: (.+)$/.exec(text)?.[1];
          return codes === undefined ? [] : [[i + 1, codes.split(" or ")] as const];
        }),
    );
    assert.ok(expected.size > 40);
    const found = new Map<number, string[]>();
    for (const error of await mypy(["--strict", ...oldest, file])) {
      const [, line, code] = /:(\d+): error: .*\[([\w-]+)\]$/.exec(error)!;
      found.set(Number(line), [...(found.get(Number(line)) ?? []), code!]);
    }
    assert.deepEqual(
      [...found.keys()].sort((a, b) => a - b),
      [...expected.keys()],
    );
    for (const [line, codes] of found) {
      for (const code of codes) assert.ok(expected.get(line)!.includes(code), `line ${line}: ${code}`);
    }
  });

  it("report nothing in the listings that the standard library's types do not report", async () => {
    const [ours, theirs] = [join(folder, "ours"), join(folder, "theirs")];
    const examples = join(root, "examples", "python");
    mkdirSync(ours);
    mkdirSync(theirs);
    const names = readdirSync(examples).filter((name) => name.endsWith(".py"));
    for (const name of names) {
      const text = readFileSync(join(examples, name), "utf8");
      assert.match(text, /^import polyproc as multiprocessing$/m);
      writeFileSync(join(ours, name), text);
      writeFileSync(
        join(theirs, name),
        text.replace(/^import polyproc as multiprocessing$/m, "import multiprocessing"),
      );
    }
    const known = await mypy(["--check-untyped-defs", ...names], theirs);
    assert.deepEqual(
      (await mypy(["--check-untyped-defs", ...names], ours)).filter((error) => !known.includes(error)),
      [],
    );
  });

  it("report nothing in the programs of docs/python.md", async () => {
    const programs = join(folder, "programs");
    mkdirSync(programs);
    const texts = [...readFileSync(join(root, "docs", "python.md"), "utf8").matchAll(/```py\n([\s\S]*?)```/g)].map(
      ([, text]) => text!,
    );
    assert.ok(texts.length > 3);
    for (const [i, text] of texts.entries()) writeFileSync(join(programs, `program_${i + 1}.py`), text);
    assert.deepEqual(await mypy(["--check-untyped-defs", ...readdirSync(programs)], programs), []);
  });
});
