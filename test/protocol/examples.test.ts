import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as v from "valibot";
import { errorCodes, errorName } from "../../protocol/errors.js";
import { examples } from "../../protocol/examples/all.js";
import { isRequest, messages } from "../../protocol/methods.js";
import type { Payload } from "../../protocol/schema.js";
import { payloadToJson } from "../../protocol/values.js";
import { convertPayloads, paramsPlaces, resultPlaces } from "../../protocol/payload-places.js";
import { exampleValues } from "./example-values.js";

describe("the example of each message fits its schema", () => {
  for (const message of messages) {
    test(message.method, () => {
      const { params, result } = exampleValues(message);
      assert.ok(Object.hasOwn(examples, message.method), "it has an example");
      valid(message.params, params);
      if (isRequest(message)) valid(message.result, result);
      else assert.ok(!("result" in examples[message.method]!), "a notification has no result");
    });
  }
});

test("every example belongs to a message", () => {
  assert.deepEqual(Object.keys(examples).toSorted(), messages.map((message) => message.method).toSorted());
});

test("examples survive encoding and decoding unchanged", () => {
  const toJson = (payload: unknown): unknown => payloadToJson(payload as Payload);
  for (const message of messages) {
    if (message.method === "worker/output") continue;
    const { params, result } = exampleValues(message);
    assert.deepEqual(convertPayloads(paramsPlaces(message), params, toJson), examples[message.method]!.params);
    if (isRequest(message))
      assert.deepEqual(convertPayloads(resultPlaces(message), result, toJson), examples[message.method]!.result);
  }
});

test("errors in examples have the code of their name", () => {
  const failures = JSON.stringify(examples).matchAll(/"code":(-?\d+),"message":"[^"]*","data":\{"name":"(\w+)"/g);
  let seen = 0;
  for (const [, code, name] of failures) {
    assert.equal(errorName(Number(code)), name);
    seen++;
  }
  assert.ok(seen >= 2);
});

test("error codes are unique, and outside the ranges of JSON-RPC and LSP unless they define it", () => {
  const codes = Object.values(errorCodes);
  assert.equal(new Set(codes).size, codes.length);
  for (const [name, code] of Object.entries(errorCodes)) {
    assert.equal(errorName(code), name);
    const reserved = code >= -32899 && code <= -32000;
    assert.equal(reserved, code < 0, `${name} ${code}`);
  }
});

function valid(schema: v.GenericSchema, value: unknown): void {
  const checked = v.safeParse(schema, value);
  assert.ok(checked.success, JSON.stringify(checked.issues?.map((issue) => [v.getDotPath(issue), issue.message])));
}
