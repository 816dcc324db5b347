import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { maxRecordBytes, splitRecords } from "../../../../cli/map/items/records.js";
import { UsageError } from "../../../../cli/usage-error.js";

async function* chunks(...parts: (string | Uint8Array)[]): AsyncGenerator<Uint8Array | string> {
  yield* parts;
}

async function all<T>(things: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const thing of things) list.push(thing);
  return list;
}

test("lines are cut wherever the chunks are cut", async () => {
  const lines = fc.array(
    fc.string({ unit: "grapheme" }).filter((line) => line !== "" && !/[\r\n]/.test(line)),
    { minLength: 1 },
  );
  await fc.assert(
    fc.asyncProperty(lines, fc.array(fc.nat()), async (expected, cuts) => {
      const bytes = Buffer.from(expected.join("\n"));
      const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
      const parts = places.slice(1).map((end, i) => bytes.subarray(places[i], end));
      assert.deepEqual(await all(splitRecords(chunks(...parts), 10)), expected);
    }),
    { numRuns: 200 },
  );
});

test("empty lines are left out, CR LF ends a line, and the last line needs no end", async () => {
  assert.deepEqual(await all(splitRecords(chunks("a\r\n\n\r\nb c\n", "d\re"), 10)), ["a", "b c", "d\re"]);
});

test("with NUL, records may hold line ends", async () => {
  assert.deepEqual(await all(splitRecords(chunks("a\nb\r\0", "\0c\n\0"), 0)), ["a\nb\r", "c\n"]);
});

test("bytes of a record that are not UTF-8 are escaped, as in Python", async () => {
  assert.deepEqual(await all(splitRecords(chunks(new Uint8Array([97, 255, 10, 98])), 10)), ["a\udcff", "b"]);
});

test("the input is read only as far as the caller asks", async () => {
  let given = 0;
  const records = splitRecords(
    (async function* endless() {
      for (;;) yield `${given++}\n`;
    })(),
    10,
  );
  for (let i = 0; i < 3; i++) assert.equal((await records.next()).value, String(i));
  assert.equal(given, 3);
});

test("a stream without separators ends with an error that names them", async () => {
  const piece = new Uint8Array(1024 * 1024).fill(97);
  const endless = async function* () {
    for (let i = 0; i <= maxRecordBytes / piece.length; i++) yield piece;
    assert.fail("it went on reading");
  };
  await assert.rejects(
    splitRecords(endless(), 10).next(),
    (error: Error) => error instanceof UsageError && /more than 16 MiB.*line ends \(-0: by NUL\)/.test(error.message),
  );
});
