import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatTimestamp, parseTimestamp, timestampFromBytes, timestampToBytes } from "../../protocol/timestamp.js";

const timestamp = fc.record(
  {
    seconds: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    nanoseconds: fc.integer({ min: 0, max: 999_999_999 }),
  },
  { noNullPrototype: true },
);

test("every timestamp survives as text and as bytes", () => {
  fc.assert(
    fc.property(timestamp, (value) => {
      assert.deepEqual(parseTimestamp(formatTimestamp(value)), value);
      assert.deepEqual(timestampFromBytes(timestampToBytes(value)), value);
    }),
  );
});

test("text is the same as Date's", () => {
  fc.assert(
    fc.property(
      fc.date({
        min: new Date("0000-01-01T00:00:00Z"),
        max: new Date("9999-12-31T23:59:59.999Z"),
        noInvalidDate: true,
      }),
      (date) => {
        const parsed = parseTimestamp(date.toISOString());
        assert.ok(parsed);
        assert.equal(Number(parsed.seconds) * 1000 + parsed.nanoseconds / 1e6, date.getTime());
        assert.equal(new Date(formatTimestamp(parsed)).getTime(), date.getTime());
      },
    ),
  );
});

test("an offset changes the moment, and is not kept", () => {
  assert.equal(formatTimestamp(parseTimestamp("2026-03-01T00:30:00.25+02:00")!), "2026-02-28T22:30:00.25Z");
  assert.equal(formatTimestamp(parseTimestamp("2026-12-31T23:30:00-01:00")!), "2027-01-01T00:30:00Z");
  assert.equal(formatTimestamp(parseTimestamp("0000-01-01T00:00:00+00:01")!), "@-62167219260");
});

test("the shortest msgpack form is chosen", () => {
  const size = (seconds: bigint, nanoseconds: number): number => timestampToBytes({ seconds, nanoseconds }).length;
  assert.equal(size(2n ** 32n - 1n, 0), 4);
  assert.equal(size(2n ** 32n, 0), 8);
  assert.equal(size(0n, 1), 8);
  assert.equal(size(2n ** 34n - 1n, 999_999_999), 8);
  assert.equal(size(2n ** 34n, 0), 12);
  assert.equal(size(-1n, 0), 12);
});

test("text that is no time gives undefined", () => {
  for (const text of [
    "",
    "2026-01-01",
    "2026-01-01T00:00:00",
    "2026-13-01T00:00:00Z",
    "2026-02-29T00:00:00Z",
    "2026-01-01T24:00:00Z",
    "2026-01-01T00:60:00Z",
    "2026-01-01T00:00:60Z",
    "2026-01-01T00:00:00.Z",
    "2026-01-01T00:00:00.1234567890Z",
    "2026-01-01T00:00:00+25:00",
    "2026-1-1T00:00:00Z",
    "@",
    "@1.",
    "@9223372036854775808",
    "@1e3",
  ])
    assert.equal(parseTimestamp(text), undefined, text);
});
