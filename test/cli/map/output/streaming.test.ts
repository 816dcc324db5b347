import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { StreamPrinter } from "../../../../cli/map/output/stream-printer.js";
import { Terminal } from "../../../../cli/terminal.js";
import { waitFor } from "../../../deadline.js";
import { temporaryFolder } from "../../../temporary-folder.js";
import { run, start, words } from "../../polyproc.js";

test("with --line-buffer a line is printed while its command runs, with --ungroup also a part of one", async (t) => {
  for (const [args, script, shown] of [
    ["map -q --lb --tag a", "echo begun", "a\tbegun\n"],
    ["map -q -u a", "printf begun", "begun"],
  ] as const) {
    const cwd = temporaryFolder(t);
    const map = start(
      t,
      [...words(args), "--", "sh", "-c", `${script}; until [ -e go ]; do sleep 0.05; done; echo end`],
      {
        cwd,
      },
    );
    await waitFor(() => map.stdout() === shown, { what: "the output of the running command" });
    writeFileSync(join(cwd, "go"), "");
    const { status, stdout } = await map.ended();
    assert.equal(status, 0);
    assert.match(stdout, /end\n$/);
  }
});

test("a failure is reported without repeating printed output", async (t) => {
  const { status, stdout, stderr } = await run(t, [
    ...words("map -q --lb x -- sh -c"),
    "echo out; echo err >&2; exit 3",
  ]);
  assert.deepEqual([status, stdout, stderr], [1, "out\n", "err\npolyproc: x: exit code 3\n"]);
});

test("output of any bytes and any length arrives as it was written", async (t) => {
  const script = "head -c 3000000 /dev/zero | tr '\\0' '\\377'; echo";
  const { stdout } = await run(t, [...words("map -q --lb x -- sh -c"), `{ ${script}; } | cksum; { ${script}; } | cat`]);
  const sum = await run(t, ["map", "-q", "x", "--", "sh", "-c", `{ ${script}; } | cksum`]);
  assert.ok(stdout.startsWith(sum.stdout));
  assert.equal(
    Buffer.byteLength(stdout.slice(sum.stdout.length), "utf8"),
    3 * 3_000_000 + 1,
    "each byte became U+FFFD here",
  );
});

test("lines of several commands do not mix, wherever their pieces end", () => {
  const out = new PassThrough();
  const terminal = new Terminal(out as never, new PassThrough() as never);
  const printer = new StreamPrinter(terminal, "lines", (_, item) => `${item}\t`);
  const wrote = (index: number, text: string) => printer.print(index, `i${index}`, "stdout", Buffer.from(text));
  wrote(0, "on");
  wrote(1, "two\nth");
  wrote(0, "e\n");
  wrote(1, "ree\nfour");
  printer.ended(1);
  printer.ended(0);
  // A read returns all that was written or, since Node 26, one piece.
  let shown = "";
  for (let piece: unknown; (piece = out.read()) !== null;) shown += String(piece);
  assert.equal(shown, "i1\ttwo\ni0\tone\ni1\tthree\ni1\tfour");
});

test("what cannot be streamed is refused", async (t) => {
  for (const [args, message] of [
    ["--lb -k", /--line-buffer prints output while commands run, so -k cannot be obeyed/],
    ["-u --tag", /use --line-buffer in place of --ungroup/],
    ["--lb --detach", /--line-buffer needs a map that waits/],
  ] as const) {
    const { status, stderr } = await run(t, ["map", ...words(args), "a", "--", "true"]);
    assert.equal(status, 2);
    assert.match(stderr, message);
  }
});
