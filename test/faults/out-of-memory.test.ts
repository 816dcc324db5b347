import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { compiled, root } from "../fixture.js";
import { temporaryFolder } from "../temporary-folder.js";
import { memoryGroup, needsMemoryGroup } from "./memory-group.js";
import { startProgram } from "./script.js";

/** Of the program, its server and two workers together. */
const limitBytes = 600e6;
const tooManyBytes = 1e9;

const told = /because memory ran out \(it had at least \d+(\.\d+)? [MG]i?B\): run fewer at a time/;

test(
  "a task for which memory ran out is told apart from a kill; the others have their results",
  needsMemoryGroup(),
  async (t) => {
    const group = memoryGroup(t, limitBytes);
    const program = group.inside(process.execPath, compiled("test/faults/scripts/takes-memory"), String(tooManyBytes));
    const script = startProgram(t, "takes-memory", program);
    assert.equal(await script.exited(), 0, script.stderr());
    const [first, second, third, fourth] = script.stdout().split("\n");
    assert.deepEqual([first, third, fourth], ["1000", "2000", "3000"]);
    const failure = JSON.parse(second!) as { codeName: string; message: string; outOfMemory: boolean };
    assert.deepEqual([failure.codeName, failure.outOfMemory], ["WorkerLost", true]);
    assert.match(failure.message, told);
    assert.equal(group.kills(), 1);
    await script.familyGone();
  },
);

test("in Python, too", needsMemoryGroup(), async (t) => {
  const group = memoryGroup(t, limitBytes);
  const file = join(temporaryFolder(t), "takes_memory.py");
  writeFileSync(
    file,
    `import polyproc

def take(count):
    return len(bytearray(b"x") * count)

if __name__ == "__main__":
    with polyproc.Pool(2) as pool:
        results = [pool.apply_async(take, (count,)) for count in (1000, ${tooManyBytes}, 2000)]
        for result in results:
            try:
                print(result.get(60))
            except Exception as error:
                print(type(error).__name__, error)
        print(pool.apply(take, (3000,)))
`,
  );
  const script = startProgram(t, "takes_memory.py", group.inside("python3", file), {
    PYTHONPATH: join(root, "bindings", "python"),
  });
  assert.equal(await script.exited(), 0, script.stderr());
  const [first, second, third, fourth] = script.stdout().split("\n");
  assert.deepEqual([first, third, fourth], ["1000", "2000", "3000"]);
  assert.match(second!, /^WorkerLost /);
  assert.match(second!, told);
  await script.familyGone();
});

test(
  "a command of map, too: the others go on, and the exit status counts the failure",
  needsMemoryGroup(),
  async (t) => {
    const group = memoryGroup(t, limitBytes);
    const alloc = `console.log(Buffer.alloc(Number(process.argv[1]), 1).length)`;
    const map = [compiled("cli/main"), "map", "-j", "2", process.execPath, "-e", alloc, "{}"];
    const program = group.inside(process.execPath, ...map, ":::", "1000", String(tooManyBytes), "2000");
    const script = startProgram(t, "map", program);
    assert.equal(await script.exited(), 1, script.stderr());
    assert.match(script.stdout(), /^1000$/m);
    assert.match(script.stdout(), /^2000$/m);
    assert.match(script.stderr(), /memory ran out/);
    await script.familyGone();
  },
);
