import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { after, test } from "node:test";
import { command, Process, setOutput, shutdown, type OutputLine } from "../../../../bindings/typescript/index.js";
import { waitFor, within } from "../../../deadline.js";
import { temporaryFolder } from "../../../temporary-folder.js";

const lines: OutputLine[] = [];
setOutput((line) => lines.push(line));
after(shutdown);

type Streams = { stdin?: "pipe"; stdout?: "pipe"; stderr?: "pipe" };

async function started(program: string, args: string[], streams: Streams): Promise<Process> {
  const child = new Process({ target: command(program, args), ...streams });
  await child.start();
  return child;
}

const ended = (child: Process) => within(child.join(), `the end of ${child.name}`);

test("what is written to a command's stdin comes out of its stdout, to the byte", async () => {
  const sent = randomBytes(3_000_000);
  const child = await started("cat", [], { stdin: "pipe", stdout: "pipe" });
  const [received] = await within(
    Promise.all([buffer(child.stdout), pipeline(Readable.from([sent]), child.stdin)]),
    "all bytes",
  );
  assert.equal(createHash("sha1").update(received).digest("hex"), createHash("sha1").update(sent).digest("hex"));
  await ended(child);
  assert.equal(child.exitCode, 0);
});

test("a dialogue goes line by line: each answer comes before the next question", async () => {
  const child = await started("sh", ["-c", 'while read -r line; do echo "got $line"; done; echo end'], {
    stdin: "pipe",
    stdout: "pipe",
  });
  const answers = child.stdout.setEncoding("utf8")[Symbol.asyncIterator]();
  for (const word of ["one", "two"]) {
    child.stdin.write(`${word}\n`);
    assert.equal((await within(answers.next(), "the answer")).value, `got ${word}\n`);
  }
  child.stdin.end();
  assert.equal((await within(answers.next(), "the last line")).value, "end\n");
  assert.equal((await within(answers.next(), "the end of the stream")).done, true);
  await ended(child);
});

test("a program whose output is not read is blocked, and goes on when it is read", async () => {
  const child = await started("sh", ["-c", "head -c 20000000 /dev/zero; echo done >&2"], { stdout: "pipe" });
  const { stdout } = child;
  stdout.read(0);
  await waitFor(() => stdout.readableLength > 0);
  assert.ok(stdout.readableLength < 1_000_000, `${stdout.readableLength} bytes were read ahead`);
  // `head` cannot have ended: the pipe, the server and the stream hold less than it writes.
  await child.join(0);
  assert.equal(child.exitCode, null);
  let bytes = 0;
  for await (const piece of stdout) bytes += (piece as Buffer).length;
  assert.equal(bytes, 20_000_000);
  await ended(child);
  assert.deepEqual(
    lines.filter(({ pid }) => pid === child.pid).map(({ stream, text: line }) => [stream, line]),
    [["stderr", "done"]],
    "the other stream is reported as lines, as always",
  );
});

test("a writer waits for a program that does not read", async (t) => {
  const go = join(temporaryFolder(t), "go");
  execFileSync("mkfifo", [go]);
  // It reads its standard input once something was written to the FIFO.
  const child = await started("sh", ["-c", 'read -r line < "$1"; cat > /dev/null', "sh", go], { stdin: "pipe" });
  let written = 0;
  const piece = Buffer.alloc(100_000);
  const writing = pipeline(
    Readable.from(
      (function* () {
        for (; written < 100; written++) yield piece;
      })(),
    ),
    child.stdin,
  );
  await waitFor(() => child.stdin.writableNeedDrain);
  // The server reads on while it answers.
  for (let i = 0; i < 20; i++) await child.join(0);
  assert.ok(written < 100, "what is not read is in the pipe, in the server and in the stream, which hold less");
  writeFileSync(go, "go\n");
  await within(writing, "the end of writing");
  assert.equal(written, 100);
  await ended(child);
  assert.equal(child.exitCode, 0);
});

test("what a command wrote before its end can be read after it", async () => {
  const child = await started("sh", ["-c", "echo out; echo err >&2; exit 3"], { stdout: "pipe", stderr: "pipe" });
  await ended(child);
  assert.equal(child.exitCode, 3);
  assert.equal(await text(child.stdout), "out\n");
  assert.equal(await text(child.stderr), "err\n");
  await child.close();
});

test("a command that is killed in mid-stream: its stream ends, a writer gets BrokenPipe with the reason", async () => {
  const child = await started("cat", [], { stdin: "pipe", stdout: "pipe" });
  child.stdin.write("some");
  assert.equal(String((await once(child.stdout, "data"))[0]), "some");
  const rest = text(child.stdout);
  await child.kill();
  assert.equal(await within(rest, "the end of the stream"), "");
  await ended(child);
  assert.equal(child.exitCode, -9);
  const failed = once(child.stdin, "error");
  child.stdin.write("more");
  const [error] = (await failed) as [{ codeName: string; message: string }];
  assert.equal(error.codeName, "BrokenPipe");
  assert.match(error.message, /killed by SIGKILL/);
});

test("a writer learns that the program has closed its input", async () => {
  const child = await started("sh", ["-c", "exec <&-; echo closed; exec sleep 100"], { stdin: "pipe", stdout: "pipe" });
  assert.equal(String((await once(child.stdout, "data"))[0]), "closed\n");
  const failed = once(child.stdin, "error");
  child.stdin.write("x");
  assert.equal(((await failed)[0] as { codeName: string }).codeName, "BrokenPipe");
  await child.kill();
  await ended(child);
});

test("a program whose output is closed by its reader fails in its next write", async () => {
  const child = await started("yes", [], { stdout: "pipe" });
  for await (const piece of child.stdout) {
    assert.match(String(piece), /^(y\n)+y?$/);
    break;
  }
  await ended(child);
  // SIGPIPE, or an error: the kernel says ECONNRESET if unread bytes were dropped.
  assert.ok(child.exitCode === -13 || child.exitCode === 1, `exit code ${child.exitCode}`);
});

test("a stream that was not asked for, and one of a function, say what to write", async () => {
  const child = await started("true", [], {});
  assert.throws(() => child.stdout, /stdout is not a pipe: .*stdout: "pipe"/);
  await ended(child);
  const fresh = new Process({ target: command("true"), stdin: "pipe" });
  assert.throws(() => fresh.stdin, /call start\(\) first/);
  const ofFunction = new Process({ target: () => {}, stdout: "pipe" });
  await assert.rejects(ofFunction.start(), { codeName: "InvalidParams", message: /streams are for a command/ });
  // @ts-expect-error -- only "pipe"
  assert.throws(() => new Process({ target: command("true"), stdin: "inherit" }), /stdin must be "pipe"/);
});
