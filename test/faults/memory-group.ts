import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { waitFor } from "../deadline.js";

interface TestContext {
  after(clean: () => void | Promise<void>): void;
}

/** A control group of the kernel whose processes together may have only so much memory. */
export interface MemoryGroup {
  /** `args` as a program that runs in the group, with all that it starts. */
  inside(...args: readonly string[]): string[];
  /** How often the kernel has killed a process of the group because memory ran out. */
  kills(): number;
}

/**
 * The folder of this process's own group in the first version of control groups; in the second, a group that has
 * processes can have no limited groups below it, so theirs is the root of what is seen here.
 */
function parentGroup(): { folder: string; limit: string; counter: string } {
  const groups = readFileSync("/proc/self/cgroup", "latin1");
  const first = /^\d+:(?:[^:\n]*,)?memory(?:,[^:\n]*)?:(.*)$/m.exec(groups)?.[1];
  return first === undefined
    ? { folder: "/sys/fs/cgroup", limit: "memory.max", counter: "memory.events" }
    : { folder: `/sys/fs/cgroup/memory${first}`, limit: "memory.limit_in_bytes", counter: "memory.oom_control" };
}

/** Makes a group that goes with the test. Throws where that is not allowed. */
export function memoryGroup(test: TestContext, bytes: number): MemoryGroup {
  const { folder: parent, limit, counter } = parentGroup();
  const group = mkdtempSync(join(parent, "polyproc-test-"));
  test.after(() =>
    waitFor(
      () => {
        rmdirSync(group);
        return true;
      },
      { what: "an empty control group" },
    ).then(() => {}),
  );
  writeFileSync(join(group, limit), String(bytes));
  return {
    inside: (...args) => ["sh", "-c", 'echo $$ > "$0" && exec "$@"', join(group, "cgroup.procs"), ...args],
    kills: () => Number(/^oom_kill (\d+)$/m.exec(readFileSync(join(group, counter), "latin1"))![1]),
  };
}

/** For the options of a test: what keeps it from having such a group, if anything does. */
export function needsMemoryGroup(): { skip?: string } {
  if (process.platform !== "linux") return { skip: "control groups are Linux's" };
  try {
    const { folder, limit } = parentGroup();
    const group = join(folder, `polyproc-probe-${process.pid}`);
    mkdirSync(group);
    try {
      writeFileSync(join(group, limit), "1000000000");
    } finally {
      rmdirSync(group);
    }
    return {};
  } catch (error) {
    return { skip: `no control group with a limit of memory can be made here: ${(error as Error).message}` };
  }
}
