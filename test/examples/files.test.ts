import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readlinkSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { waitFor } from "../deadline.js";
import { compiled } from "../fixture.js";
import { temporaryFolder } from "../temporary-folder.js";
import { runExample, runProgram } from "./run-example.js";
import { needs } from "../tools/needs.js";

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

describe("the main job", () => {
  it("counts every file below the folder, names the largest with their hashes, and measures the speed-up", async (t) => {
    const folder = temporaryFolder(t);
    mkdirSync(join(folder, "node_modules", "deep"), { recursive: true });
    for (let i = 0; i < 200; i++) writeFileSync(join(folder, "node_modules", "deep", `${i}.txt`), "x".repeat(i));
    const large = "polyproc ".repeat(600_000);
    writeFileSync(join(folder, "large.bin"), large);
    writeFileSync(join(folder, ".hidden"), "seen all the same".repeat(100));
    symlinkSync("large.bin", join(folder, "link"));

    const { status, stdout, stderr, lines } = await runExample("files/main", [folder, "-j", "2"]);
    assert.equal(stderr, "");
    assert.equal(status, 0);
    assert.equal(lines[0], `${folder}: 202 files in 3 folders, 5.2 MiB; 2 worker processes`);
    assert.match(stdout, /^Total: 202 files, 5\.2 MiB in .+ \([\d,]+ files\/s, .+\/s\) by [12] worker process(es)?$/m);
    assert.match(stdout, /^The 10 largest, with their SHA-256:$/m);
    const largest = lines.filter((line) => /^ .* [0-9a-f]{64} /.test(line));
    assert.equal(largest.length, 10);
    assert.ok(largest[0]!.includes(`5.1 MiB  ${sha256(large)}  large.bin`), largest[0]);
    assert.ok(largest[1]!.includes(`1.7 KiB  ${sha256("seen all the same".repeat(100))}  .hidden`), largest[1]);
    assert.ok(largest[2]!.includes(`199 B  ${sha256("x".repeat(199))}  node_modules/deep/199.txt`), largest[2]);
    assert.match(stdout, /^Skipped: 1 symbolic links \(not followed\)$/m);
    assert.match(stdout, /^Speed-up: \d+\.\d\dx with 2 worker processes over 1 \(.+ against .+\)$/m);
    assert.match(stdout, /measured on the same files \(5\.2 MiB\) in the file cache, in turns, 3 rounds, medians/);
  });

  it("counts an unreadable file, says why, and goes on", { skip: process.platform !== "linux" }, async () => {
    // Reading a process's memory from its start is an error for everybody, root included.
    const { status, stdout } = await runExample("files/main", [`/proc/${process.pid}/attr`, "-j", "1"]);
    assert.equal(status, 0);
    assert.match(stdout, /^Not read: \d+$/m);
    assert.match(stdout, /^ {2}\S+: (EINVAL|no permission to read it \(E\w+\)|E\w+)$/m);
  });

  it("shows totals of zero for an empty folder", async (t) => {
    const { status, stdout } = await runExample("files/main", [temporaryFolder(t)]);
    assert.equal(status, 0);
    assert.match(stdout, /^Total: 0 files, 0 B /m);
  });

  it("refuses a folder that does not exist, and one that is a file", async (t) => {
    const folder = temporaryFolder(t);
    const missing = await runExample("files/main", [join(folder, "nope")]);
    assert.equal(missing.status, 2);
    assert.equal(missing.stdout, "");
    assert.ok(
      missing.stderr.startsWith(
        `there is no folder ${join(folder, "nope")}: check the spelling, or give another one\n`,
      ),
      missing.stderr,
    );

    writeFileSync(join(folder, "file"), "");
    const file = await runExample("files/main", [join(folder, "file")]);
    assert.equal(file.status, 2);
    assert.ok(file.stderr.startsWith(`${join(folder, "file")} is not a folder`), file.stderr);
  });

  it("ends with 130 on Ctrl-C, in the middle of a file, and says what is left", async (t) => {
    const folder = temporaryFolder(t);
    writeFileSync(join(folder, "small"), "1");
    // Holes only: no space on the disk, but hours of hashing.
    writeFileSync(join(folder, "huge"), "");
    truncateSync(join(folder, "huge"), 4e12);
    const { status, stdout, stderr } = await runExample("files/main", [folder, "-j", "2"], {
      interruptAfter: /1 of 2 files/,
    });
    assert.equal(status, 130);
    assert.match(stdout, /^Total: 1 file, 1 B /m);
    assert.match(stderr, /^interrupted: 1 file not hashed$/m);
  });

  it(
    "hashes every file even if a worker is killed in the middle of one",
    { skip: process.platform !== "linux" },
    async (t) => {
      const folder = temporaryFolder(t);
      writeFileSync(join(folder, "small"), "1");
      writeFileSync(join(folder, "large"), "");
      truncateSync(join(folder, "large"), 1e9);
      const reads = (pid: number) =>
        readdirSync(`/proc/${pid}/fd`).some((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`) === join(folder, "large"));
      const { status, stdout } = await runExample("files/main", [folder, "-j", "1"], {
        meanwhile: async (processes) => {
          const reader = await waitFor(() => processes().find(({ pid }) => reads(pid)), {
            what: "a worker that reads the large file",
          });
          process.kill(reader.pid, "SIGKILL");
        },
      });
      assert.equal(status, 0);
      assert.match(stdout, /^Total: 2 files, 953\.7 MiB .* by 1 worker process$/m);
      assert.doesNotMatch(stdout, /Not read/);
    },
  );

  it(
    "shows a bar and a line for each worker on a terminal",
    { skip: process.platform === "linux" ? needs("script").skip : "its `script` is Linux's" },
    async (t) => {
      const folder = temporaryFolder(t);
      for (let i = 0; i < 100; i++) writeFileSync(join(folder, `${i}`), "1");
      const { status, stdout } = await runProgram("script", [
        "-qefc",
        `stty cols 100; "${process.execPath}" "${compiled("examples/files/main")}" "${folder}" -j 1`,
        "/dev/null",
      ]);
      assert.equal(status, 0);
      const shown = stripVTControlCharacters(stdout);
      assert.match(shown, /█+ 100 % {2}100 of 100 files/);
      assert.match(shown, /\n {4,}\d+ .*\d+\r?\n/);
    },
  );
});
