import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { Readable } from "node:stream";
import { test } from "node:test";
import { waitFor } from "../../deadline.js";
import { functions, run, start } from "../polyproc.js";

test("100,000 lines of standard input pass through functions, in order and complete", async (t) => {
  const lines = Array.from({ length: 100_000 }, (_, i) => `line ${i}`);
  const { status, stdout } = await run(t, ["map", "--module", functions, "--chunk-size", "20", "-k", "-q"], {
    input: `${lines.join("\n")}\n`,
  });
  assert.equal(status, 0);
  const expected = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  const digest = (text: string) => createHash("sha256").update(text).digest("hex");
  assert.equal(digest(stdout), digest(expected));
});

/** Lines without an end, and how many bytes of them were taken. */
function endless(): { stream: Readable; taken: () => number } {
  let bytes = 0;
  let n = 0;
  const stream = new Readable({
    highWaterMark: 1,
    read() {
      const chunk = Array.from({ length: 64 }, () => `item ${n++}\n`).join("");
      bytes += chunk.length;
      this.push(chunk);
    },
  });
  return { stream, taken: () => bytes };
}

/** What pipes and streams hold between a producer and us. */
const pipeBytes = 512 * 1024;

test("an endless producer is read no faster than commands take its lines", async (t) => {
  const map = start(t, ["map", "-j", "2", "-q", "--", "echo"], { input: null });
  const { stream, taken } = endless();
  stream.pipe(map.stdin);
  await waitFor(() => map.stdout().split("\n").length > 100, { what: "a hundred results" });
  assert.ok(taken() < pipeBytes, `${taken()} bytes were read for a hundred items`);
  map.signal("SIGINT");
  const { status, stdout } = await map.ended();
  assert.equal(status, "SIGINT");
  stream.destroy();
  const results = stdout
    .trimEnd()
    .split("\n")
    .map((line) => Number(line.slice(5)))
    .sort((a, b) => a - b);
  assert.deepEqual(
    results,
    Array.from({ length: results.length }, (_, i) => i),
    "what was begun was finished, and nothing in between left out",
  );
});

test("with a function, an endless producer waits for the results' reader, and memory stays bounded", async (t) => {
  const map = start(t, ["map", "--module", functions, "-j", "1", "-q"], { input: null });
  const { stream, taken } = endless();
  stream.pipe(map.stdin);
  await waitFor(() => map.stdout().length > 100_000, { what: "some results" });
  // From here on no process reads: map has to stop taking lines, which shows when the pipe to it stays full.
  map.process.stdout!.pause();
  let before = -1;
  await waitFor(
    () => {
      const now = taken();
      const still = now === before;
      before = now;
      return still;
    },
    { what: "an end of reading", intervalMs: 300 },
  );
  const peakKiB = Number(
    /VmHWM:\s+(\d+)/.exec(
      process.platform === "linux" ? readFileSync(`/proc/${map.pid}/status`, "utf8") : "VmHWM: 0",
    )![1],
  );
  assert.ok(peakKiB < 300 * 1024, `${peakKiB} KiB of memory`);
  const held = taken();
  map.process.stdout!.resume();
  await waitFor(() => taken() > held + 100_000, { what: "more results once the test reads" });
  stream.destroy();
  map.signal("SIGTERM");
  assert.equal((await map.ended()).status, "SIGTERM");
});
