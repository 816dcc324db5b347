import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, test } from "node:test";
import { unpack } from "msgpackr";
import { protocolFolder } from "../../protocol/generate/sources.js";
import type { GoldenFrame, GoldenStream, GoldenValue } from "../../protocol/generate/golden-frames.js";
import { jsonToMsgpack } from "../../protocol/json-to-msgpack.js";
import { msgpackToJson } from "../../protocol/msgpack-to-json.js";
import { isNotification, messageByMethod } from "../../protocol/methods.js";
import { decodeMessage } from "../../server/ipc/framing/decoder.js";
import { FrameEncoder } from "../../server/ipc/framing/encoder.js";
import { FrameReader } from "../../server/ipc/framing/frame-reader.js";

const golden = JSON.parse(readFileSync(path.join(protocolFolder, "generated/golden-frames.json"), "utf8")) as {
  frames: GoldenFrame[];
  streams: GoldenStream[];
  values: GoldenValue[];
};

describe("golden frames", () => {
  for (const frame of golden.frames) {
    test(`${frame.name} (${frame.framing}, ${frame.encoding})`, () => {
      const body = bodyOf(frame);
      if (frame.encoding === "json") {
        assert.deepEqual(JSON.parse(body.toString("utf8")), frame.message);
      } else {
        assert.deepEqual(msgpackToJson(body), frame.message, "as a value");
        assert.deepEqual(decodeMessage(body), unpack(body), "the server's decoder and another implementation agree");
      }
    });
  }

  test("the server's encoder writes the same bytes", () => {
    const frames = golden.frames.filter((frame) => frame.framing === "length-prefixed");
    assert.ok(frames.length > 5);
    for (const frame of frames) {
      const encoder = new FrameEncoder();
      encoder.frame(decodeMessage(bodyOf(frame)) as object);
      assert.equal(Buffer.concat(encoder.take()).toString("hex"), frame.hex, frame.name);
    }
  });

  test("there are requests, answers, errors and notifications, in both framings and both encodings", () => {
    const kinds = new Set(
      golden.frames.map(({ framing, encoding, message }) => {
        const { method, error } = message as { method?: string; error?: unknown };
        const declared = method === undefined ? undefined : messageByMethod.get(method);
        if (method !== undefined) assert.ok(declared, `${method} is a message`);
        const kind = declared ? (isNotification(declared) ? "notification" : "request") : error ? "error" : "answer";
        return `${framing} ${encoding} ${kind}`;
      }),
    );
    for (const kind of [
      "content-length json request",
      "content-length json answer",
      "content-length json error",
      "content-length msgpack request",
      "length-prefixed msgpack request",
      "length-prefixed msgpack answer",
      "length-prefixed msgpack error",
      "length-prefixed msgpack notification",
    ])
      assert.ok(kinds.has(kind), kind);
  });
});

describe("golden streams", () => {
  for (const { name, messages, hex } of golden.streams) {
    test(name, () => {
      const read: unknown[] = [];
      const reader = new FrameReader(
        (buffer, start, end) => read.push(msgpackToJson(Buffer.from(buffer.subarray(start, end)))),
        undefined,
        {
          maxPayloadBytes: 1000,
          reserve: (_bytes, settled) => {
            settled(null);
            return { came() {}, release() {} };
          },
          refused: (_id, error) => assert.fail(error.message),
        },
      );
      reader.push(Buffer.from(hex, "hex"));
      assert.ok(reader.atBoundary);
      assert.deepEqual(read, messages);
    });
  }
});

describe("golden values", () => {
  for (const { json, msgpack } of golden.values) {
    test(`${JSON.stringify(json)} is ${msgpack}`, () => {
      assert.equal(Buffer.from(jsonToMsgpack(json).data).toString("hex"), msgpack);
      assert.deepEqual(msgpackToJson(Buffer.from(msgpack, "hex")), json);
    });
  }
});

/** By the rules of SPEC.md, written a second time. */
function bodyOf(frame: GoldenFrame): Buffer {
  const bytes = Buffer.from(frame.hex, "hex");
  if (frame.framing === "length-prefixed") {
    assert.ok(bytes[0] !== 0x43 && bytes[0] !== 0x63, "the first byte says which framing it is");
    assert.equal(bytes.readUInt32BE(0), bytes.length - 4);
    return bytes.subarray(4);
  }
  assert.equal(bytes[0], 0x43, "the first byte says which framing it is");
  const headerEnd = bytes.indexOf("\r\n\r\n");
  const header = bytes.toString("latin1", 0, headerEnd).split("\r\n");
  const body = bytes.subarray(headerEnd + 4);
  assert.ok(header.includes(`Content-Length: ${body.length}`));
  assert.equal(header.includes("Content-Type: application/msgpack"), frame.encoding === "msgpack");
  assert.equal(body[0] === 0x7b, frame.encoding === "json");
  return body;
}
