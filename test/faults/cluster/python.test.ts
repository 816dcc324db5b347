import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { execFile } from "node:child_process";
import { root } from "../../fixture.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { needs } from "../../tools/needs.js";
import { startAgent } from "./cluster-stage.js";
import { TestRedis } from "./redis.js";

const jobs = `
import os
def double(x):
    return x * 2
def fails(x):
    raise LookupError(f"no {x}")
def seen():
    return sorted(key for key in os.environ if "SECRET" in key)
`;

const program = `
import os, sys
import polyproc
import jobs
if __name__ == "__main__":
    os.environ["MY_SECRET"] = "x"
    with polyproc.Pool(4, cluster=sys.argv[1]) as pool:
        print(pool.map(jobs.double, range(5)), sum(pool.imap_unordered(jobs.double, range(100))))
        print(pool.apply(jobs.seen))
        try:
            pool.apply(jobs.fails, (1,))
        except LookupError as error:
            print("raised", error)
    try:
        polyproc.Pool(maxtasksperchild=2, cluster=sys.argv[1]).apply(jobs.double, (1,))
    except polyproc.PolyprocError as error:
        print(error.name)
    lock = polyproc.Lock(name="deploy", cluster=sys.argv[1])
    with lock:
        first = lock.fence
        print(lock.acquire(block=False), lock.locked())
    with lock:
        print(lock.fence > first, lock.owner_died)
    few = polyproc.Semaphore(2, name="few", cluster=sys.argv[1])
    print(few.acquire(), few.acquire(timeout=5), few.acquire(block=False), few.get_value())
    few.release()
`;

test(
  "Python's pools run in a cluster, with the errors of local ones, and send no environment along",
  needs("redis-server", "python3"),
  async (t) => {
    const folder = temporaryFolder(t);
    writeFileSync(join(folder, "jobs.py"), jobs);
    writeFileSync(join(folder, "main.py"), program);
    const redis = await TestRedis.start(t);
    await startAgent(t, redis.url(), "alpha", ["-j", "2", "--allow-module", folder, "--allow-pickle"]);
    const { stdout } = await promisify(execFile)("python3", [join(folder, "main.py"), redis.url()], {
      env: { ...process.env, PYTHONPATH: join(root, "bindings", "python"), PYTHONDONTWRITEBYTECODE: "1" },
    });
    assert.equal(
      stdout,
      "[0, 2, 4, 6, 8] 9900\n[]\nraised no 1\nBadState\nFalse True\nTrue False\nTrue True False 0\n",
    );
  },
);
