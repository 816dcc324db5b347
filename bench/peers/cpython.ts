import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Contender } from "../contender.js";

const script = fileURLToPath(new URL("../../../bench/peers/cpython.py", import.meta.url));

/** CPython's multiprocessing, in one interpreter for all rounds. */
export function cpython(work: string, count: number, name = "CPython multiprocessing"): Contender {
  const child = spawn("python3", [script], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    name,
    async measure() {
      child.stdin.write(`${work} ${count}\n`);
      const { value, done } = (await lines.next()) as IteratorResult<string>;
      if (done) throw new Error(`python3 ${script} ended during ${work}`);
      return Number(value);
    },
    async close() {
      child.stdin.end();
      if (child.exitCode === null) await new Promise((resolve) => child.once("exit", resolve));
    },
  };
}
