import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { describe, test } from "node:test";
import { waitFor } from "../../deadline.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { compiled } from "../../fixture.js";
import { functions, noServer, run, start, words } from "../polyproc.js";

function sorted(text: string): string[] {
  return text.split("\n").slice(0, -1).sort();
}

describe("polyproc map: what is run", () => {
  test("a command runs once for each item, which stands for {} or comes last", async (t) => {
    const { status, stdout, stderr } = await run(t, ["map", "a", "b c", "$(d)", "--", "echo", "<{}>", "{index}"]);
    assert.deepEqual([status, sorted(stdout)], [0, ["<$(d)> 2", "<a> 0", "<b c> 1"]]);
    assert.match(stderr, /^polyproc: 3 done in [\d.]+ m?s\n$/);
    assert.deepEqual(sorted((await run(t, ["map", "-q", "a", "b c", "--", "echo", "-"])).stdout), ["- a", "- b c"]);
  });

  test("a command runs in this folder, with this environment", async (t) => {
    const folder = temporaryFolder(t);
    const { stdout } = await run(t, ["map", "x", "--", "sh", "-c", 'pwd; echo "$SAID"'], {
      cwd: folder,
      env: { SAID: "{item} it" },
    });
    assert.equal(stdout, `${folder}\n{item} it\n`);
  });

  test("{} inside of a shell's program causes a warning", async (t) => {
    const { stdout, stderr } = await run(t, ["map", "-q", "x", "--", "sh", "-c", "echo <{}>"]);
    assert.match(stderr, /^polyproc: \{\} stands inside of the program that sh -c runs, .* sh -c '… "\$1"' sh \{\}\n/);
    assert.equal(stdout, "");
    assert.deepEqual(await run(t, ["map", "-q", "x; exit 1", "--", "sh", "-c", 'echo "<$1>"', "sh", "{}"]), {
      status: 0,
      stdout: "<x; exit 1>\n",
      stderr: "",
    });
  });

  test("a function gets the item, and its result is printed as a line of JSON", async (t) => {
    const { status, stdout } = await run(t, ["map", "--module", functions, "--export", "length", "-k", "a", "bcd"]);
    assert.deepEqual([status, stdout], [0, `{"item":"a","length":1}\n{"item":"bcd","length":3}\n`]);
    assert.equal((await run(t, ["map", "--module", functions, "a"])).stdout, `"a"\n`, "the default export");
  });

  test("a package that is installed for the folder is named as import names it", async (t) => {
    const folder = temporaryFolder(t);
    const add = (path: string, text: string) => {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    };
    const parts = { ".": { import: "./twice.mjs", require: "./old.cjs" }, "./parts/*": "./lib/*.mjs" };
    add("node_modules/@a/twice/package.json", JSON.stringify({ name: "@a/twice", exports: parts }));
    add("node_modules/@a/twice/twice.mjs", "export default (text) => text + text;");
    add("node_modules/@a/twice/lib/first.mjs", "export const first = (text) => text[0];");
    add("node_modules/plain/package.json", JSON.stringify({ name: "plain", main: "lib" }));
    add("node_modules/plain/lib/index.js", "exports.last = (text) => text.at(-1);");
    const map = async (...args: string[]) => {
      const { stdout, stderr } = await run(t, ["map", "-q", "--module", ...args, "ab"], { cwd: folder });
      return stdout + stderr;
    };
    assert.equal(await map("@a/twice"), '"abab"\n');
    assert.equal(await map("@a/twice/parts/first", "--export", "first"), '"a"\n');
    assert.equal(await map("plain", "--export", "last"), '"b"\n');
  });

  test("what a function prints goes to standard error", async (t) => {
    const { stdout, stderr } = await run(t, ["map", "--module", functions, "--export", "talk", "-q", "x"]);
    assert.deepEqual([stdout, stderr], ["null\n", "at x\n"]);
  });

  test("-j says how many run at a time", async (t) => {
    const folder = temporaryFolder(t);
    const items = Array.from({ length: 6 }, (_, i) => `${folder}/${i}`);
    const map = start(t, ["map", "--module", functions, "--export", "gated", "-j", "3", "-k", "-q", ...items]);
    const begun = () => readFileSync(`${folder}/begun`, "utf8").split("\n").length - 1;
    await waitFor(() => existsSync(`${folder}/begun`) && begun() === 3, { what: "three that run" });
    writeFileSync(`${folder}/go`, "");
    const { status, stdout } = await map.ended();
    assert.deepEqual([status, stdout], [0, items.map((item) => `${JSON.stringify(item)}\n`).join("")]);
    assert.equal(begun(), 6);
  });
});

describe("polyproc map: items", () => {
  test("--glob gives the files that match, sorted; several may be given", async (t) => {
    const folder = temporaryFolder(t);
    mkdirSync(join(folder, "deep"));
    for (const name of ["b.txt", "a.txt", "c.md", "deep/d.txt", ".hidden.txt"]) writeFileSync(join(folder, name), "");
    const { stdout } = await run(t, ["map", "-k", "--glob", "**/*.txt", "--glob", "*.md", "--", "echo"], {
      cwd: folder,
    });
    assert.equal(stdout, "a.txt\nb.txt\nc.md\ndeep/d.txt\n");
    const none = await run(t, ["map", "--glob", "*.jpg", "--", "echo"], { cwd: folder });
    assert.equal(none.status, 2);
    assert.match(none.stderr, /^polyproc: --glob: no file matches "\*\.jpg" in .*\n$/);
  });

  test(
    "--glob: names that are not UTF-8 reach commands unharmed, in folders of such names, too",
    { skip: process.platform !== "linux" },
    async (t) => {
      const folder = temporaryFolder(t);
      const named = (name: string) => Buffer.from(`${folder}/${name}`, "latin1");
      mkdirSync(named("d\xe9"));
      for (const name of ["d\xe9/caf\xe9 \xff'", "d\xe9/b\xe9", "b"]) writeFileSync(named(name), name, "latin1");
      for (const how of [
        ["--glob", "**", "--", "cat"],
        ["--glob", "**", "-n", "2", "--", "cat"],
        ["--glob", "**", "--shell", "cat {//}/{/}"],
      ]) {
        const { status, stdout, stderr } = await run(t, ["map", "-q", "-k", ...how], { cwd: folder });
        const text = "bd\ufffd/b\ufffdd\ufffd/caf\ufffd \ufffd'";
        assert.deepEqual([status, stdout, stderr], [0, text, ""], how.join(" "));
      }
      const dry = await run(t, ["map", "--dry-run", "--glob", "**", "--", "cat"], { cwd: folder });
      assert.equal(dry.stdout, "cat b\ncat $'d\\xe9/b\\xe9'\ncat $'d\\xe9/caf\\xe9 \\xff\\''\n");
    },
  );

  test("lines of standard input are items; with -0 they end with NUL", async (t) => {
    assert.equal((await run(t, ["map", "-k", "--", "echo"], { input: "a\n\nb c\r\nd" })).stdout, "a\nb c\nd\n");
    assert.equal((await run(t, ["map", "-k", "-0", "--", "echo"], { input: "a\nb\0c\0" })).stdout, "a\nb\nc\n");
    assert.equal((await run(t, ["map", "-k", "--", "echo"], { input: "" })).status, 0);
  });

  test("--json-items reads each item as JSON, whose members have placeholders", async (t) => {
    const { status, stdout, stderr } = await run(
      t,
      ["map", "-k", "-q", "--json-items", "--", "echo", "{item.name}", "{}"],
      { input: '{"name":"x"}\nnope\n[1]\n' },
    );
    assert.deepEqual([status, stdout], [1, 'x {"name":"x"}\n']);
    assert.match(stderr, /^polyproc: nope: the item is not JSON/);
    assert.match(stderr, /^polyproc: \[1\]: the item has no member "name", which \{item\.name\} names; it is \[1\]$/m);
  });

  test("an item that is not UTF-8 reaches a command as it is; a function cannot take it", async (t) => {
    const input = Buffer.from([97, 10, 255, 10, 98, 10]);
    const own = await run(t, ["map", "-k", "-q", "--shell", "printf %s {} | od -An -tx1"], { input });
    assert.deepEqual(own, { status: 0, stdout: " 61\n ff\n 62\n", stderr: "" });
    const { status, stdout, stderr } = await run(t, ["map", "-k", "-q", "--module", functions], { input });
    assert.deepEqual([status, stdout, stderr], [1, '"a"\n"b"\n', "polyproc: \ufffd: the item is not UTF-8\n"]);
  });
});

describe("polyproc map: output", () => {
  test("messages shorten a long item", async (t) => {
    const { stderr } = await run(t, ["map", "-q", "x".repeat(100_000), "--", "false"]);
    assert.equal(stderr, `polyproc: ${"x".repeat(80)}…${"x".repeat(40)} (100000 characters): exit code 1\n`);
  });

  test(
    "output that cannot be written ends the map with one line",
    { skip: existsSync("/dev/full") ? false : "no /dev/full" },
    () => {
      for (const args of [["map", "-q", "x", "--", "echo"], ["run", "--", "echo", "x"], ["--help"]]) {
        const shell = spawnSync(
          "sh",
          ["-c", '"$@" > /dev/full', "sh", process.execPath, compiled("cli/main"), ...args],
          {
            encoding: "utf8",
            env: { ...process.env, ...noServer },
          },
        );
        assert.equal(shell.status, 1);
        assert.match(shell.stderr, /^polyproc: standard output cannot be written, so output is lost \(ENOSPC: .*\n$/);
      }
    },
  );

  test("each command's output is one piece, whatever runs beside it", async (t) => {
    const { stdout } = await run(t, [
      ...words("map -j 4 -q"),
      ..."a b c d e f g h".split(" "),
      "--",
      "sh",
      "-c",
      'for i in 1 2 3 4 5; do echo "$0"; sleep 0.01; done',
    ]);
    assert.match(stdout, /^((.)\n(\2\n){4}){8}$/);
  });

  test("--keep-order prints in the order of the items", async (t) => {
    const folder = temporaryFolder(t);
    const first = `[ "$1" = 2 ] && touch "$0/go"; [ "$1" = 0 ] && until [ -e "$0/go" ]; do sleep 0.01; done; echo "$1"`;
    const { stdout } = await run(t, ["map", "-k", "-j", "2", "0", "1", "2", "3", "--", "sh", "-c", first, folder]);
    assert.equal(stdout, "0\n1\n2\n3\n");
  });

  test("--tag names the item on each line", async (t) => {
    const { stdout, stderr } = await run(t, [...words("map --tag -q a -- sh -c"), "echo 1; echo 2; echo 3 >&2"]);
    assert.deepEqual([stdout, stderr], ["a\t1\na\t2\n", "a\t3\n"]);
  });

  test("--json gives an object for each item", async (t) => {
    const { status, stdout } = await run(t, [...words("map --json -k -q a b -- sh -c"), 'echo "$0"; test "$0" = a']);
    const [a, b] = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.equal(status, 1);
    const { ms: msA, pid: pidA, ...restA } = a!;
    const { error, ms: msB, pid: pidB, ...restB } = b!;
    assert.ok([msA, pidA, msB, pidB].every((number) => (number as number) > 0));
    assert.deepEqual(restA, {
      index: 0,
      item: "a",
      ok: true,
      value: { exitCode: 0, signal: null, stdout: "a\n", stderr: "", truncated: false },
    });
    assert.deepEqual(restB, { index: 1, item: "b", ok: false });
    const { name, message, exitCode, stdout: wrote } = error as Record<string, unknown>;
    assert.deepEqual([name, message, exitCode, wrote], ["TaskFailed", "exit code 1", 1, "b\n"]);
  });
});

describe("polyproc map: failures", () => {
  test("a failed command is named with its status, and the exit status is 1", async (t) => {
    const { status, stdout, stderr } = await run(t, [
      ...words("map -k -j 1 a b c -- sh -c"),
      'echo "$0 $1"; test "$0" != b || { echo oops >&2; exit 7; }',
    ]);
    assert.deepEqual([status, stdout], [1, "a \nb \nc \n"]);
    assert.match(stderr, /^oops\npolyproc: b: exit code 7\npolyproc: 2 done, 1 failed in .*\n$/);
  });

  test("an error of a function, and the death of its worker, fail only their items", async (t) => {
    const { status, stdout, stderr } = await run(t, [
      "map",
      "--module",
      functions,
      "--export",
      "odd",
      "-k",
      "-q",
      "a",
      "throw",
      "die",
      "b",
    ]);
    assert.deepEqual([status, stdout], [1, `"a"\n"b"\n`]);
    assert.match(stderr, /^polyproc: throw: TypeError: not throw\n {4}at odd .*functions\.mjs/m);
    assert.match(stderr, /^polyproc: die: worker \d+ was killed by SIGKILL/m);
  });

  test("--timeout ends an item that takes too long", async (t) => {
    const command = await run(t, ["map", "-q", "--timeout", "2s", "60", "0", "--", "sleep"]);
    assert.deepEqual([command.status, command.stderr], [1, "polyproc: 60: ran longer than 2.0 s, and was stopped\n"]);
    const fn = await run(t, [
      "map",
      "--module",
      functions,
      "--export",
      "slow",
      "-q",
      "--timeout",
      "2",
      "slow",
      "quick",
    ]);
    assert.deepEqual(
      [fn.status, fn.stdout, fn.stderr],
      [1, `"quick"\n`, "polyproc: slow: ran longer than 2.0 s, and was stopped\n"],
    );
  });

  test("--retries tries again", async (t) => {
    const folder = temporaryFolder(t);
    const items = [join(folder, "a"), join(folder, "b")];
    const { status, stdout } = await run(t, [
      "map",
      "--module",
      functions,
      "--export",
      "secondTime",
      "--retries",
      "1",
      "-q",
      ...items,
    ]);
    assert.deepEqual([status, stdout], [0, `"well"\n"well"\n`]);
    const command = await run(t, [
      ...words("map -q --retries 2"),
      join(folder, "c"),
      "--",
      "sh",
      "-c",
      'echo x >> "$0"; test $(wc -l < "$0") -eq 3 && echo well',
    ]);
    assert.deepEqual([command.status, command.stdout], [0, "well\n"]);
  });

  test("--halt soon lets running items finish, and starts no more", async (t) => {
    const folder = temporaryFolder(t);
    const script = 'echo "$1" >> "$0/ran"; if [ "$1" = 2 ]; then exit 1; fi; until [ -e "$0/go" ]; do sleep 0.02; done';
    const items = "1 2 3 4 5 6 7 8 9".split(" ");
    const map = start(t, ["map", "-j", "2", "--halt", "soon,fail=1", ...items, "--", "sh", "-c", script, folder]);
    // The test knows that no further item starts once the failure is reported: item 1 runs until then.
    await waitFor(() => map.stderr().includes("polyproc: 2: "), { what: "the failure of item 2" });
    writeFileSync(join(folder, "go"), "");
    const { status, stderr } = await map.ended();
    assert.equal(status, 1);
    assert.match(stderr, /polyproc: 1 done, 1 failed, 7 not finished/);
    assert.deepEqual(sorted(readFileSync(join(folder, "ran"), "utf8")), ["1", "2"]);
  });

  test("--halt now ends running items at the Nth failure", async (t) => {
    const { status, stderr } = await run(t, [...words("map -j 3 --halt now,fail=2 60 no no 60 60 -- sleep")]);
    assert.equal(status, 1);
    assert.match(stderr, /polyproc: 0 done, 2 failed, 3 not finished/);
  });

  test("a target that cannot be run ends the map at once, and the reason is printed once", async (t) => {
    const many = Array.from({ length: 2000 }, (_, i) => String(i));
    const command = await run(t, ["map", "-q", "-j", "4", ...many, "--", "no-such-program"]);
    assert.deepEqual(
      [command.status, command.stderr],
      [
        1,
        `polyproc: cannot start "no-such-program": no such program in PATH (ENOENT); ` +
          "check its spelling and that it is installed\n",
      ],
    );
    const missing = ["--module", functions, "--export", "no"];
    const fn = await run(t, ["map", "-q", "-j", "2", ...missing, ...many]);
    assert.equal(fn.status, 1);
    assert.match(fn.stderr, /^polyproc: module .*functions\.mjs does not export "no".*\n$/);
    const json = await run(t, ["map", "-q", "-j", "1", "--json", ...missing, "a"]);
    assert.match(json.stdout, /^\{"index":0,"item":"a","ok":false,"error":\{"name":"TargetNotFound"/);
    assert.match(json.stderr, /^polyproc: module .*\n$/);
  });
});

describe("polyproc map: usage", () => {
  test("a Python module that is named as in an import is found in the folder, or in its src", async (t) => {
    const folder = temporaryFolder(t);
    mkdirSync(join(folder, "src/tools/text"), { recursive: true });
    writeFileSync(join(folder, "src/tools/text/__init__.py"), "");
    writeFileSync(join(folder, "src/tools/count.py"), "");
    for (const [name, file] of [
      ["tools.count", "src/tools/count.py"],
      ["tools.text", "src/tools/text/__init__.py"],
    ] as const) {
      const { status, stderr } = await run(t, ["map", "a", "--module", name], { cwd: folder });
      assert.equal(status, 2);
      assert.ok(stderr.endsWith(`; there is ${realpathSync(join(folder, file))}\n`), stderr);
    }
  });

  const wrong: [string[], RegExp][] = [
    [["a"], /say what to run: a is an item here; the command goes behind --, as in polyproc map -- COMMAND/],
    [["--frob", "gzip", "-9", ":::", "a"], /unknown option '--frob'/],
    [["a", "--"], /there is no command after --/],
    [["a", "--module", functions, "--", "echo"], /either --module or a command/],
    [["a", "--export", "x", "--", "echo"], /--export names a function of --module FILE, which is missing/],
    [
      ["a", "--module", "./no-such.js"],
      /--module: there is no file .*no-such\.js; name the file that has the function/,
    ],
    [
      ["a", "--module", "@no/such"],
      /there is no file .*@no\/such, and no package @no\/such is installed for this folder; name the file/,
    ],
    [["a", "--module", functions.slice(0, -extname(functions).length)], /there is no file .*; there is .*\.[cm]?js$/m],
    [["a", "--module", `${functions}:double`], /for double of .*functions\.mjs write --module .* --export double\n$/],
    [["a", "--module", dirname(functions)], /--module: .* is a folder; name the file that has the function/],
    [["a", "--json", "--tag", "--", "echo"], /--tag is for lines of text/],
    [["a", "-0", "--", "echo"], /-0 and -d are for items in files and on standard input/],
    [["a", "-j", "+5%", "--", "echo"], /Expected a number up to 4096, such as 4, or 50%, \+1, -1, or 0/],
    [["a", "--timeout", "soon", "--", "echo"], /Expected a duration/],
    [["a", "--halt", "later", "--", "echo"], /Expected never, or now or soon with fail=/],
    [["a", "--retries", "-1", "--", "echo"], /Expected a whole number from 0 on/],
    [["a", "--chunk-size", "0", "--", "echo"], /Expected a whole number from 1 on/],
    [["a", "--jbs", "3", "--", "echo"], /unknown option '--jbs' \(Did you mean --jobs\?\)/],
  ];
  for (const [args, message] of wrong) {
    test(`${args.filter((arg) => arg !== functions).join(" ")} is refused in one line`, async (t) => {
      const { status, stdout, stderr } = await run(t, ["map", ...args]);
      assert.deepEqual([status, stdout], [2, ""]);
      assert.match(stderr, message);
      assert.match(stderr, /^polyproc: [^\n]+\n$/);
    });
  }
});
