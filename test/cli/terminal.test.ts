import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { waitFor } from "../deadline.js";
import { compiled } from "../fixture.js";
import { temporaryFolder } from "../temporary-folder.js";
import { run, serve, start, words } from "./polyproc.js";
import { needs } from "../tools/needs.js";
import { startOnTerminal, startProgramOnTerminal } from "./pty.js";

test(
  "map on a terminal shows a bar and the running items below the results, and leaves only its summary",
  needs("python3"),
  async (t) => {
    const folder = temporaryFolder(t);
    const map = startOnTerminal(t, [
      ...words("map -j 2 one two three -- sh -c"),
      'test "$1" = one || until [ -e "$0/go" ]; do sleep 0.02; done; echo "<$1>"',
      folder,
    ]);
    await map.shows(/<one>/);
    await map.shows(/█{8}░{16} 1\/3 .*\r\n two, three/);
    writeFileSync(join(folder, "go"), "");
    assert.equal(await map.ended(), 0);
    assert.match(map.text(), /<(two|three)>/);
    const end = map.text().slice(map.text().lastIndexOf("\u001b[J"));
    assert.match(end, /^\u001b\[Jpolyproc: 3 done in [\d.]+ m?s\r\n$/, "the bar is erased before the last line");
  },
);

test("map on a terminal without items says so, instead of waiting for the keyboard", needs("python3"), async (t) => {
  const map = startOnTerminal(t, ["map", "--", "echo"]);
  assert.equal(await map.ended(), 2);
  assert.match(map.text(), /there are no items: name them, use --glob PATTERN, or pipe them in, one a line/);
});

test("Ctrl-C on a terminal, once and twice", needs("python3"), async (t) => {
  const folder = temporaryFolder(t);
  const map = startOnTerminal(t, ["map", "-j", "1", "1", "2", "--", "sh", "-c", 'touch "$0/begun"; sleep 600', folder]);
  await waitFor(() => existsSync(join(folder, "begun")));
  map.type("\u0003");
  await map.shows(/interrupted: waiting for the running item; press Ctrl-C again to kill/);
  map.type("\u0003");
  assert.equal(await map.ended(), 130);
});

test("a shell script stops after Ctrl-C in map, run and lock", needs("python3", "bash"), async (t) => {
  const { env } = await serve(t);
  for (const args of [
    ["map", "-q", "x", "--"],
    ["run", "--"],
    ["lock", "deploy", "--"],
  ]) {
    const script = startProgramOnTerminal(
      t,
      [
        "/bin/bash",
        "-c",
        '"$@"; echo published',
        "bash",
        process.execPath,
        compiled("cli/main"),
        ...args,
        "sh",
        "-c",
        // A shell that is about to fork would not notice Ctrl-C.
        "echo begun >&2; exec sleep 600",
      ],
      env,
    );
    if (args[0] === "map")
      await waitFor(async () => /1 of \d+ busy/.test((await run(t, ["ps", "--tree"], { env })).stdout), {
        what: "the item to run",
      });
    else await script.shows(/begun/);
    script.type("\u0003");
    if (args[0] === "map") {
      await script.shows(/again to kill/);
      script.type("\u0003");
    }
    assert.equal(await script.ended(), 130);
    assert.doesNotMatch(script.text(), /published/);
  }
});

test("--quiet shows no bar", needs("python3"), async (t) => {
  const map = startOnTerminal(t, ["map", "-q", "one", "--", "echo"]);
  assert.equal(await map.ended(), 0);
  assert.equal(map.text(), "one\r\n");
});

test(
  "top uses the alternate screen, shows processes, redraws, and q restores the screen",
  needs("python3"),
  async (t) => {
    const server = await serve(t);
    const folder = temporaryFolder(t);
    const top = startOnTerminal(t, ["top", "--interval", "100ms"], server.env);
    await top.shows(/\u001b\[\?1049h/);
    await top.shows(/0 processes/);
    const command = start(
      t,
      ["run", "--name", "nightly", "--", "sh", "-c", 'until [ -e "$0/go" ]; do sleep 0.02; done', folder],
      { env: server.env },
    );
    await top.shows(/1 process,.*\r\n(.*\r\n)*.* nightly /);
    top.type("q");
    assert.equal(await top.ended(), 0);
    assert.ok(top.text().endsWith("\u001b[?7h\u001b[?25h\u001b[?1049l"));
    writeFileSync(join(folder, "go"), "");
    await command.ended();
  },
);

test("top ends with a message when the server ends, and restores the screen first", needs("python3"), async (t) => {
  const server = await serve(t);
  const top = startOnTerminal(t, ["top", "--interval", "100ms"], server.env);
  await top.shows(/sessions?,/);
  await run(t, ["stop"], { env: server.env });
  assert.equal(await top.ended(), 69);
  assert.match(top.text(), /\u001b\[\?1049lpolyproc: [^\r\n]+\r\n$/);
});

test(
  "map --tty: each command has the terminal in turn, and its modes are restored",
  needs("python3", "bash"),
  async (t) => {
    const job = 'read -r line; echo "<$1:$line>"; stty -echo -icanon; test "$1" != b';
    const script = startProgramOnTerminal(t, [
      "/bin/bash",
      "-c",
      'printf "a\\nb\\nc\\n" | "$@"; echo "status $?"; stty -a; echo end',
      "bash",
      ...[process.execPath, compiled("cli/main")],
      ...words("map --tty -- sh -c"),
      `echo "your turn, $1"; ${job}`,
      "sh",
    ]);
    for (const name of ["a", "b", "c"]) {
      await script.shows(new RegExp(`your turn, ${name}`));
      script.type(`hello ${name}\n`);
      await script.shows(new RegExp(`<${name}:hello ${name}>`));
    }
    await script.shows(/polyproc: b: exit status 1/);
    await script.shows(/status 1[^]*\bend\b/);
    assert.match(script.text(), / icanon /);
    assert.match(script.text(), / echo /);
    assert.equal(await script.ended(), 0);
  },
);

test(
  "map --tty: Ctrl-C ends the command and the map; without a terminal it says so",
  needs("python3", "perl"),
  async (t) => {
    const map = startOnTerminal(
      t,
      words("map --tty a b -- perl -e").concat('$| = 1; print "run $ARGV[0]\\n"; sleep 600'),
    );
    await map.shows(/run a/);
    map.type("\u0003");
    assert.equal(await map.ended(), 130);
    assert.doesNotMatch(map.text(), /run b/);
    const wrong = await run(t, words("map --tty -j 2 a -- true"));
    assert.deepEqual([wrong.status, /leave -j out/.test(wrong.stderr)], [2, true]);
  },
);
