import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { PolyprocError } from "../../../protocol/errors.js";
import { BodyReader } from "../../../server/rpc/body-reader.js";

const anyCut = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 });

function message(body: Buffer, headers = `Content-Length: ${body.length}\r\n`): Buffer {
  return Buffer.concat([Buffer.from(`${headers}\r\n`), body]);
}

function pushInPieces(reader: BodyReader, stream: Buffer, cuts: readonly number[]): void {
  for (let at = 0, i = 0; at < stream.length; i++) {
    const next = at + cuts[i % cuts.length]!;
    reader.push(stream.subarray(at, next));
    at = next;
  }
}

test("bodies come out whole, in order, however the stream is cut", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 60 })), anyCut, (sent, cuts) => {
      const bodies = sent.map((body) => Buffer.from(body));
      const read: Buffer[] = [];
      pushInPieces(
        new BodyReader((body) => read.push(body), 1000),
        Buffer.concat(bodies.map((body) => message(body))),
        cuts,
      );
      assert.deepEqual(read, bodies);
    }),
  );
});

test("header names have any case and order, and Content-Type is skipped", () => {
  const read: string[] = [];
  const reader = new BodyReader((body) => read.push(body.toString()), 1000);
  reader.push(
    message(Buffer.from("{}"), "content-type: application/vscode-jsonrpc; charset=utf-8\r\nCONTENT-LENGTH:2\r\n"),
  );
  reader.push(message(Buffer.from("[]"), "Content-Length: 2\r\nContent-Type: application/msgpack\r\n"));
  assert.deepEqual(read, ["{}", "[]"]);
});

test("a body beyond the limit is refused at its header, with nothing allocated", () => {
  const reader = new BodyReader(() => assert.fail("nothing is complete"), 1000);
  const before = process.memoryUsage().arrayBuffers;
  assert.throws(
    () => reader.push(Buffer.from("Content-Length: 2147483647\r\n\r\n")),
    (error) => error instanceof PolyprocError && error.codeName === "PayloadTooLarge",
  );
  assert.ok(process.memoryUsage().arrayBuffers - before < 1024 * 1024);
});

test("a header that does not end is refused, in whatever pieces it comes", () => {
  fc.assert(
    fc.property(anyCut, (cuts) => {
      const reader = new BodyReader(() => assert.fail("nothing is complete"), 1000);
      assert.throws(() => pushInPieces(reader, Buffer.alloc(9000, "C"), cuts), { codeName: "Malformed" });
    }),
    { numRuns: 20 },
  );
});

test("random bytes are refused or incomplete, never accepted", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      try {
        new BodyReader(() => {}, 1000).push(
          Buffer.concat([Buffer.from("Content-Length: "), Buffer.from(bytes), Buffer.from("\r\n\r\n")]),
        );
      } catch (error) {
        assert.ok(error instanceof PolyprocError, String(error));
      }
    }),
  );
});
