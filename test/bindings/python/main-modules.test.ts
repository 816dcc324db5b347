import assert from "node:assert/strict";
import { mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { needs } from "../../tools/needs.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { runPython } from "./run-python.js";

interface Ending {
  check(line: string): Promise<{ status: number | string | null; stdout: string; stderr: string }>;
}

/** Writes `folder/__main__.py` and a module beside it, and runs the program as a folder and as a package. */
function mainFile(t: { after(clean: () => void): void }, main: string): Ending {
  const cwd = temporaryFolder(t);
  mkdirSync(join(cwd, "program"));
  writeFileSync(join(cwd, "program", "__main__.py"), main);
  writeFileSync(join(cwd, "program", "beside.py"), "def double(n):\n    return 2 * n\n");
  return { check: (args) => runPython(["-m", "polyproc", ...args.split(" ")], { cwd }) };
}

const ways = ["program", "-m program"];

describe("a program that is a __main__.py", { ...needs("python3"), concurrency: 2 }, () => {
  it("has workers that know its functions, classes and exceptions, and so have their children", async (t) => {
    const program = mainFile(
      t,
      `import multiprocessing

class Odd(Exception):
    def __reduce__(self):
        return Odd, self.args

def half(n):
    if n % 2:
        raise Odd(n)
    return n // 2

# Names that a stand-in for a module may have itself.
def module(n):
    return -n

_name = module

def tell(n, queue):
    queue.put(half(n))

def outer(n, queue):
    child = multiprocessing.Process(target=tell, args=(n, queue))
    child.start()
    child.join()

if __name__ == "__main__":
    with multiprocessing.Pool(2) as pool:
        print(pool.map(module, [2]), pool.map(half, [2, 4]))
        try:
            pool.apply(half, (3,))
        except Odd as error:
            print("odd", error.args)
    queue = multiprocessing.Queue()
    process = multiprocessing.Process(target=outer, args=(8, queue))
    process.start()
    print(queue.get())
    process.join()
`,
    );
    for (const way of ways) {
      const { status, stdout, stderr } = await program.check(way);
      assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: "[-2] [1, 2]\nodd (3,)\n4\n", stderr: "" });
    }
  });

  it("needs no guard as long as workers need nothing of it; it is run in no worker then", async (t) => {
    const program = mainFile(
      t,
      `import multiprocessing, os, sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from beside import double
print("run", flush=True)
with multiprocessing.Pool(2) as pool:
    print(pool.map(double, [1, 2]))
`,
    );
    for (const way of ways) {
      const { status, stdout, stderr } = await program.check(way);
      assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: "run\n[2, 4]\n", stderr: "" });
    }
  });

  it("without a guard says so when a worker needs a function of it", async (t) => {
    const program = mainFile(
      t,
      `import multiprocessing
def double(n):
    return 2 * n
with multiprocessing.Pool(1) as pool:
    print(pool.map(double, [1, 2]))
`,
    );
    for (const way of ways) {
      const { status, stderr } = await program.check(way);
      assert.equal(status, 1);
      assert.match(stderr, /RuntimeError: a process is to be started before this one has finished/);
      assert.match(stderr, /if __name__ == '__main__':/);
    }
  });

  it("says which name it does not have", async (t) => {
    const program = mainFile(
      t,
      `import multiprocessing
if __name__ == "__main__":
    def double(n):
        return 2 * n
    with multiprocessing.Pool(1) as pool:
        print(pool.map(double, [1, 2]))
`,
    );
    for (const way of ways) {
      const { status, stderr } = await program.check(way);
      assert.equal(status, 1);
      assert.match(stderr, /AttributeError: .*'double'/);
    }
  });
});

it(
  "a script that python -m polyproc runs has the whole path in __file__ and in tracebacks, and its own loader",
  needs("python3"),
  async (t) => {
    const cwd = realpathSync(temporaryFolder(t));
    const line =
      "import sys\nprint(__file__, sys.argv, sys.path[0], type(__loader__).__name__, __cached__, __spec__)\n" +
      "sys.exit(x)\n";
    writeFileSync(join(cwd, "script.py"), line);
    const path = join(cwd, "script.py");
    const expected = `${path} ['script.py'] ${cwd} SourceFileLoader None None\n`;
    for (const run of [[], ["-m", "polyproc"]]) {
      const { stdout, stderr } = await runPython([...run, "script.py"], { cwd });
      assert.equal(stdout, expected);
      assert.ok(stderr.includes(`File "${path}", line 3, in <module>`), stderr);
    }
  },
);
