import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";
import { compiled } from "../fixture.js";
import { needs } from "../tools/needs.js";

test("the simulation of many hosts reports connections and commands", needs("redis-server"), async () => {
  const small = ["--hosts", "3", "--slots", "4", "--rate", "10", "--ms", "50", "--seconds", "1", "--lease", "10"];
  const { stdout } = await promisify(execFile)(process.execPath, [compiled("test/cluster/many-hosts"), ...small]);
  const [head, ...lines] = stdout.trim().split("\n");
  assert.match(head!, /^3 hosts of 4 slots, a lease of 10 s, on \d+ processors/);
  assert.deepEqual(
    lines.map((line) => /^([^:]+): (\d+) connections, \d+ commands a second/.exec(line)?.slice(1)),
    // Two for each agent, one more for its part of the pool, and two of the client.
    [
      ["no pool", "6"],
      ["a pool without tasks", "11"],
      ["10 tasks a second of 50 ms", "11"],
    ],
  );
});
