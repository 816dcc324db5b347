import assert from "node:assert/strict";
import { test } from "node:test";
import { within } from "../../deadline.js";
import { FakeTerminal } from "./fake-terminal.js";

test("lines end with CR LF, and none is lost", async () => {
  const terminal = new FakeTerminal();
  terminal.screen.write("a\nb\r\n");
  terminal.screen.write("c\n");
  await within(terminal.screen.drained(), "the terminal to have read");
  assert.equal(terminal.text, "a\r\nb\r\nc\r\n\x1b[0m");
});

test("the progress line is cleared before lines, and drawn again below them", async () => {
  const terminal = new FakeTerminal();
  terminal.screen.status("half");
  terminal.screen.write("a\n");
  await within(terminal.screen.drained(), "the terminal to have read");
  terminal.screen.status("half");
  terminal.screen.status("");
  assert.deepEqual(terminal.written, [
    "\r\x1b[2K\x1b[?7lhalf\x1b[0m\x1b[?7h",
    "\r\x1b[2Ka\r\n\x1b[0m\x1b[?7lhalf\x1b[0m\x1b[?7h",
    "\r\x1b[2K",
  ]);
});

test("a problem matcher sees every line of a flood, and none of the progress", async () => {
  const terminal = new FakeTerminal();
  const expected: string[] = [];
  for (let i = 0; i < 50_000; i++) {
    const text = `src/file${i}.ts:${i}:1: error ${"x".repeat(i % 97)}`;
    expected.push(text);
    terminal.screen.write(`${text}\n`);
    if (i % 1000 === 0) {
      terminal.screen.status(`${i}/50000`);
      await new Promise(setImmediate);
    }
  }
  await within(terminal.screen.drained(), "the terminal to have read");
  assert.deepEqual(terminal.lines, expected);
  assert.ok(terminal.mostUnread < 512 * 1024, `${terminal.mostUnread}`);
});

test("nothing is sent to a terminal that has not read, and the waiting bytes are reported", async () => {
  const terminal = new FakeTerminal();
  terminal.answering = false;
  terminal.screen.write(`${"x".repeat(99)}\n`.repeat(20_000));
  await new Promise(setImmediate);
  const sent = terminal.text.length;
  assert.ok(sent < 400 * 1024 && terminal.screen.backlog > 1_600_000);
  await new Promise(setImmediate);
  assert.equal(terminal.text.length, sent);
  terminal.answering = true;
  terminal.answer();
  await within(terminal.screen.drained(), "the terminal to have read");
  assert.equal(terminal.lines.length, 20_000);
  assert.equal(terminal.screen.backlog, 0);
});

test("a terminal that never answers gets everything, too", async () => {
  const terminal = new FakeTerminal();
  terminal.answering = false;
  terminal.screen.write(`${"x".repeat(99)}\n`.repeat(6000));
  await within(terminal.screen.drained(), "the terminal to have been written to");
  assert.equal(terminal.lines.length, 6000);
});

test("one endless line goes through", async () => {
  const terminal = new FakeTerminal();
  terminal.screen.write(`${"x".repeat(1_000_000)}\nend\n`);
  await within(terminal.screen.drained(), "the terminal to have read");
  assert.deepEqual(
    terminal.lines.map(({ length }) => length),
    [1_000_000, 3],
  );
});

test("keys are passed on, the terminal's answers are not", async () => {
  const terminal = new FakeTerminal();
  terminal.answering = false;
  terminal.screen.write("a\n");
  await new Promise(setImmediate);
  assert.equal(terminal.screen.input("\x03"), "\x03");
  assert.equal(terminal.screen.input("q\x1b[0n"), "q");
  await within(terminal.screen.drained(), "the terminal to have read");
});

test("a wait for a terminal ends when the terminal is closed", async () => {
  const terminal = new FakeTerminal();
  terminal.answering = false;
  terminal.screen.write(`${"x".repeat(99)}\n`.repeat(20_000));
  await new Promise(setImmediate);
  const drained = terminal.screen.drained();
  terminal.screen.close();
  await within(drained, "the end of the wait");
  const sent = terminal.text.length;
  terminal.screen.write("more\n");
  terminal.screen.status("more");
  await new Promise(setImmediate);
  assert.equal(terminal.text.length, sent);
});
