import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { maxBlockBytes, splitBlocks, type BlockOptions } from "../../../../cli/map/items/blocks.js";
import { waitFor } from "../../../deadline.js";
import { run, start } from "../../polyproc.js";

async function blocksOf(input: Buffer, pieceBytes: number, options: Partial<BlockOptions>): Promise<Buffer[]> {
  async function* pieces() {
    for (let at = 0; at < input.length; at += pieceBytes) yield input.subarray(at, at + pieceBytes);
  }
  const blocks: Buffer[] = [];
  for await (const block of splitBlocks(pieces(), { bytes: 50, records: null, end: "\n", start: "", ...options }))
    blocks.push(block);
  return blocks;
}

test("blocks hold whole records and every byte, however the stream is cut", async () => {
  const lines = Array.from({ length: 300 }, (_, i) => `${"x".repeat((i * 7) % 120)}${i}\n`).join("");
  const input = Buffer.from(`${lines}no end`);
  const usual = await blocksOf(input, input.length, {});
  for (const pieceBytes of [1, 7, 64, 4096]) {
    const blocks = await blocksOf(input, pieceBytes, {});
    assert.deepEqual(blocks, usual, `pieces of ${pieceBytes}`);
  }
  assert.deepEqual(Buffer.concat(usual), input);
  for (const block of usual.slice(0, -1)) assert.equal(block.at(-1), 10);
});

test("blocks of N records, with an end, a beginning or both", async () => {
  const texts = async (text: string, options: Partial<BlockOptions>) =>
    Promise.all([1, 3, 100].map(async (n) => (await blocksOf(Buffer.from(text), n, options)).map(String)));
  const same = (blocks: string[]) => [blocks, blocks, blocks];
  assert.deepEqual(await texts("a\nb\nc\n", { records: 2 }), same(["a\nb\n", "c\n"]));
  assert.deepEqual(await texts(">a\n>b\n>c", { records: 1, end: "", start: ">" }), same([">a\n", ">b\n", ">c"]));
  assert.deepEqual(
    await texts("<a/>\n<b>\n</b>\n<c/>", { records: 1, end: "\n", start: "<" }),
    same(["<a/>\n", "<b>\n", "</b>\n", "<c/>"]),
  );
  assert.deepEqual(await texts("aXXXXb", { records: 2, end: "XX" }), same(["aXXXX", "b"]));
  assert.deepEqual(await texts("", { records: 1 }), same([]));
});

test("a record that is too long is an error, not a block that no message holds", async () => {
  await assert.rejects(
    blocksOf(Buffer.alloc(maxBlockBytes + 1), 4 * 1024 * 1024, {}),
    /a record of more than 32 MiB: do its records end with "\\n"\?/,
  );
});

test("map --pipe: bytes that are not UTF-8 reach the commands unharmed", async (t) => {
  const input = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * i + (i >> 8)) & 0xff));
  const { status, stdout, stderr } = await run(
    t,
    ["map", "-q", "-k", "--pipe", "--block", "4K", "--recend", "", "--", "sha1sum"],
    { input },
  );
  assert.deepEqual([status, stderr], [0, ""]);
  const expected = Array.from({ length: Math.ceil(input.length / 4096) }, (_, i) =>
    createHash("sha1")
      .update(input.subarray(i * 4096, (i + 1) * 4096))
      .digest("hex"),
  );
  assert.deepEqual(
    stdout
      .trimEnd()
      .split("\n")
      .map((line) => line.split(" ")[0]),
    expected,
  );
});

test("map --pipe: a pipe that never ends is read no faster than commands take its blocks", async (t) => {
  const map = start(t, ["map", "-q", "-j", "2", "--pipe", "--block", "64k", "--", "sh", "-c", "cat; sleep 1000"], {
    input: null,
  });
  let taken = 0;
  const piece = Buffer.from("a line\n".repeat(1000));
  const feed = () => {
    while (map.stdin.writable) {
      taken += piece.length;
      if (!map.stdin.write(piece)) return void map.stdin.once("drain", feed);
    }
  };
  feed();
  let before = -1;
  await waitFor(
    () => {
      const now = taken;
      const still = now === before;
      before = now;
      return still && now > 0;
    },
    { what: "an end of reading", intervalMs: 300 },
  );
  assert.ok(taken < 4 * 1024 * 1024, `${taken} bytes were read for two commands that wait`);
  map.signal("SIGTERM");
  assert.equal((await map.ended()).status, "SIGTERM");
});

test("map --pipe: options that need items are refused", async (t) => {
  const wrong: [string[], RegExp][] = [
    [["--pipe", "a", "--", "cat"], /--pipe gives commands standard input: leave the items out/],
    [["--pipe", "--", "echo", "{}"], /\{\} stands for an item, and --pipe gives the command standard input/],
    [["--pipe", "-n", "2", "--block", "1k", "--", "cat"], /-n and --block both say/],
    [["--pipe", "-0", "--", "cat"], /-0 \(use --recend '\\0'\) needs items/],
    [["--block", "1k", "a", "--", "cat"], /--block is for --pipe, which is missing/],
    [["--pipe", "--block", "33M", "--", "cat"], /Expected at most 32M/],
  ];
  for (const [args, message] of wrong) {
    const { status, stderr } = await run(t, ["map", ...args]);
    assert.equal(status, 2, args.join(" "));
    assert.match(stderr, message);
  }
});
