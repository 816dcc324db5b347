import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { findFiles, noFinds } from "../../examples/files/find-files.js";
import * as report from "../../examples/files/report.js";
import { waitFor } from "../deadline.js";
import { compiled } from "../fixture.js";
import { temporaryFolder } from "../temporary-folder.js";
import { runExample, runProgram } from "./run-example.js";
import { needs } from "../tools/needs.js";

describe("the main job", () => {
  it("compresses every file, names the largest, and measures a plain loop, one worker and two", async (t) => {
    const folder = temporaryFolder(t);
    mkdirSync(join(folder, "node_modules", "deep"), { recursive: true });
    for (let i = 0; i < 200; i++) writeFileSync(join(folder, "node_modules", "deep", `${i}.txt`), "x".repeat(i));
    writeFileSync(join(folder, "large.bin"), "polyproc ".repeat(600_000));
    writeFileSync(join(folder, "random.bin"), randomBytes(300_000));
    symlinkSync("large.bin", join(folder, "link"));

    const { status, stdout, stderr, lines } = await runExample("files/main", [folder, "-j", "2"]);
    assert.equal(stderr, "");
    assert.equal(status, 0);
    assert.equal(lines[0], `${folder}: 202 files in 3 folders, 5.5 MiB; 2 worker processes`);
    assert.match(stdout, /^Total: 202 files in .+ \([\d,]+ files\/s, .+\/s\) by [12] worker process(es)?$/m);
    assert.match(
      stdout,
      /^ {2}5\.5 MiB before, 29\d\.\d KiB after \(5 %\); each piece was decompressed and compared$/m,
    );
    const largest = lines.slice(lines.indexOf("The 10 largest, before and after:") + 1).slice(0, 3);
    assert.match(largest[0]!, /^ {4}5\.1 MiB +\d\.\d KiB +0 % {2}large\.bin$/);
    assert.match(largest[1]!, /^ {2}293\.0 KiB +293\.0 KiB {2}100 % {2}random\.bin$/);
    assert.match(largest[2]!, /^ {6}199 B +\d+ B +\d+ % {2}node_modules\/deep\/199\.txt$/);
    assert.match(stdout, /^Skipped: 1 symbolic links \(not followed\)$/m);
    assert.match(stdout, /^Measured on the same files \(.+\), in turns, 3 rounds, medians:$/m);
    assert.match(stdout, /^ {2}a plain loop +\d.* 1\.00x$/m);
    assert.match(stdout, /^ {2}1 worker process +\d.* \d+\.\d\dx$/m);
    assert.match(stdout, /^ {2}2 worker processes +\d.* \d+\.\d\dx$/m);
  });

  it("counts an unreadable file, says why, and goes on", { skip: process.platform !== "linux" }, async () => {
    // Reading a process's memory from its start is an error for every user, root included.
    const { status, stdout } = await runExample("files/main", [`/proc/${process.pid}/attr`, "-j", "1"]);
    assert.equal(status, 0);
    assert.match(stdout, /^Not read: \d+$/m);
    assert.match(stdout, /^ {2}\S+: (EINVAL|no permission to read it \(E\w+\)|E\w+)$/m);
  });

  it(
    "compresses files whose names are not UTF-8, and prints no name that moves the cursor",
    { skip: process.platform !== "linux" },
    async (t) => {
      const folder = temporaryFolder(t);
      const named = (name: Buffer) => Buffer.concat([Buffer.from(`${folder}/`), name]);
      mkdirSync(named(Buffer.from("d\xe9", "latin1")));
      writeFileSync(named(Buffer.from("d\xe9/caf\xe9", "latin1")), "x".repeat(300));
      writeFileSync(named(Buffer.from("two\nlines")), "x".repeat(200));
      writeFileSync(named(Buffer.from("\u001b[2Jred\u202e")), "x".repeat(100));
      const { status, stdout } = await runExample("files/main", [folder, "-j", "1"]);
      assert.equal(status, 0);
      assert.match(stdout, /^Total: 3 files /m);
      assert.doesNotMatch(stdout, /Not read/);
      assert.match(stdout, /^ {2}300 B .* {2}d\\xe9\/caf\\xe9$/m);
      assert.match(stdout, /^ {2}200 B .* {2}two\\nlines$/m);
      assert.match(stdout, /^ {2}100 B .* {2}\\u001b\[2Jred\\u202e$/m);
    },
  );

  it("shows totals of zero for an empty folder", async (t) => {
    const { status, stdout } = await runExample("files/main", [temporaryFolder(t)]);
    assert.equal(status, 0);
    assert.match(stdout, /^Total: 0 files in /m);
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

  it("counts the bytes of a large file as they are done, and ends with 130 on Ctrl-C during it", async (t) => {
    const folder = temporaryFolder(t);
    writeFileSync(join(folder, "small"), "1");
    // Holes only: no space on the disk, but hours of work.
    writeFileSync(join(folder, "huge"), "");
    truncateSync(join(folder, "huge"), 4e12);
    const { status, stdout, stderr } = await runExample("files/main", [folder, "-j", "2"], {
      // GiB, if the machine lets it print late.
      interruptAfter: /0 of 2 files, [\d.]+ [KMG]iB of 3\.6 TiB/,
    });
    assert.equal(status, 130);
    assert.match(stdout, /^Total: 0 files in /m);
    assert.match(stderr, /^interrupted: 2 files not compressed$/m);
  });

  it("ends with 130 on Ctrl-C while it measures", async (t) => {
    const folder = temporaryFolder(t);
    // Holes only. To measure them takes seconds, so the signal comes in the middle of it.
    for (let i = 0; i < 60; i++) {
      writeFileSync(join(folder, `${i}`), "");
      truncateSync(join(folder, `${i}`), 1e6);
    }
    const { status, stdout, stderr } = await runExample("files/main", [folder, "-j", "2"], {
      interruptAfter: /^Measuring/m,
    });
    assert.equal(status, 130);
    assert.doesNotMatch(stdout, /^Measured/m);
    assert.match(stderr, /^interrupted: not measured$/m);
  });

  it("stops looking for files on Ctrl-C, in the middle of a folder", async (t) => {
    const folder = temporaryFolder(t);
    for (let i = 0; i < 2000; i++) writeFileSync(join(folder, `${i}`), "");
    const controller = new AbortController();
    const finds = noFinds();
    const found = findFiles(folder, finds, { without: [], signal: controller.signal });
    await waitFor(() => finds.files.length > 0, { what: "the first file" });
    controller.abort();
    await found;
    assert.ok(finds.files.length < 2000, `${finds.files.length} files`);
  });

  it(
    "compresses every file even if a worker is killed in the middle of one",
    { skip: process.platform !== "linux" },
    async (t) => {
      const folder = temporaryFolder(t);
      writeFileSync(join(folder, "small"), "1");
      writeFileSync(join(folder, "large"), "");
      const bytes = 2.4e7;
      truncateSync(join(folder, "large"), bytes);
      // More than it reads to start.
      const reads = (pid: number) =>
        Number(/^rchar: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, "utf8"))?.[1]) > bytes / 2;
      const { status, stdout } = await runExample("files/main", [folder, "-j", "1"], {
        meanwhile: async (processes) => {
          const reader = await waitFor(
            () => processes().find(({ pid, command }) => command().includes("host/main.js") && reads(pid)),
            {
              what: "a worker in the middle of the large file",
              timeoutMs: 40_000,
            },
          );
          process.kill(reader.pid, "SIGKILL");
        },
      });
      assert.equal(status, 0);
      assert.match(stdout, /^Total: 2 files in .* by 2 worker processes$/m);
      assert.match(stdout, /^ {2}22\.9 MiB before, /m);
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

describe("what the main job says of its times", () => {
  const measurement = { files: 1000, bytes: 6e6, rounds: 3, processes: 2, plainMs: 2000, oneMs: 2100, manyMs: 1100 };

  it("is the gain over a plain loop", () => {
    assert.deepEqual(report.measured(measurement, 5000).split("\n"), [
      "Measured on 1,000 of these files (5.7 MiB), in turns, 3 rounds, medians:",
      "  a plain loop            2.0 s   1.00x",
      "  1 worker process        2.1 s   0.95x",
      "  2 worker processes      1.1 s   1.82x",
      "Speed-up: 1.82x over the plain loop, which needs 2.0 ms for a file",
    ]);
  });

  it("is how little work an item has, in milliseconds, when that is why nothing is gained", () => {
    const said = report.measured({ ...measurement, files: 100_000, oneMs: 4000, manyMs: 2500 }, 5000);
    assert.match(said, /^Too little work in an item: 0\.020 ms for a file, and a worker adds 0\.020 ms to it\./m);
  });

  it("is how little work there is, when that is why nothing is gained", () => {
    const said = report.measured({ ...measurement, files: 3, plainMs: 6, oneMs: 8, manyMs: 9 }, 3);
    assert.match(said, /^Too little work to divide: the plain loop needs 6 ms for all of it\./m);
  });

  it("is that other programs disturbed it, when the gain is more than workers can give", () => {
    for (const times of [
      { oneMs: 1600, manyMs: 1000 },
      { oneMs: 2000, manyMs: 500 },
    ]) {
      const said = report.measured({ ...measurement, ...times }, 5000);
      assert.match(
        said,
        /^No speed-up can be told: .* other programs disturbed the measurement\. The load average is /m,
      );
      assert.doesNotMatch(said, /Speed-up:/);
    }
  });

  it("is that the CPU may be busy, when the items are large enough", () => {
    const said = report.measured({ ...measurement, manyMs: 2000 }, 5000);
    assert.match(said, /^No speed-up, although a file takes 2\.0 ms: is the CPU busy\?/m);
  });
});
