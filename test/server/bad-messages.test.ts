import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, test } from "node:test";
import * as v from "valibot";
import { examples } from "../../protocol/examples/all.js";
import { isRequest, messages } from "../../protocol/methods.js";
import { convertPayloads, paramsPlaces } from "../../protocol/payload-places.js";
import type { Payload } from "../../protocol/schema.js";
import { jsonToPayload } from "../../protocol/values.js";
import { waitFor } from "../deadline.js";
import { exampleValues } from "../protocol/example-values.js";
import { RawClient, type Framing } from "./clients.js";
import { mutations, wrongValues } from "./mutations.js";
import { SharedServer } from "./shared-server.js";

const framings: Framing[] = ["json", "msgpack", "frames"];

describe("a peer", () => {
  const server = new SharedServer();

  test("that sends random bytes gets an error, and its connection ends", async () => {
    for (let i = 0; i < 200; i++) {
      const client = await RawClient.connect(server.path, "frames");
      // An impossible length, or a fragment before `initialize`: the server does not wait for the rest. The first byte
      // stays below 0x7b, which is "{": the server answers what looks like JSON in JSON, not in a frame.
      const fragment = i % 8 === 0;
      client.socket.write(
        Buffer.concat([Buffer.from([fragment ? 0x80 | i : 0x64 + (i % 23)]), randomBytes(3 + ((i * 13) % 5000))]),
      );
      if (i % 4 === 0)
        assert.equal((await client.lastWords()).data?.["name"], fragment ? "Malformed" : "PayloadTooLarge");
      client.close();
    }
  });

  test("that sends a fragment whose first bytes JavaScript takes for JSON after a space gets a frame", async () => {
    const client = await RawClient.connect(server.path, "frames");
    client.socket.write(Buffer.concat([Buffer.from([0xa0, 0x7b]), randomBytes(20)]));
    assert.equal((await client.lastWords()).data?.["name"], "Malformed");
  });

  test("that sends frames of random bytes gets ParseError, and its connection ends", async () => {
    for (const framing of framings) {
      for (let i = 0; i < 30; i++) {
        const client = await RawClient.connect(server.path, framing);
        client.socket.write(client.frame(Buffer.concat([Buffer.from([0xc1]), randomBytes(100)])));
        assert.equal((await client.lastWords()).data?.["name"], "ParseError");
      }
    }
  });

  test("whose message is truncated does no harm", async () => {
    for (const framing of framings) {
      for (const keep of [1, 3, 4, 5, 20]) {
        const client = await RawClient.connect(server.path, framing);
        client.socket.end(client.encode({ jsonrpc: "2.0", id: 1, method: "initialize", params: {} }).subarray(0, keep));
        await waitFor(() => client.ended, { what: "the connection's end" });
        assert.deepEqual(client.received, []);
      }
    }
  });

  test("that announces two gigabytes is refused before memory is allocated", async () => {
    for (const stranger of [true, false]) {
      for (const framing of framings) {
        const client = stranger ? await RawClient.connect(server.path, framing) : await server.opened(framing);
        client.socket.write(
          framing === "frames" ? Buffer.from([0x7f, 0xff, 0xff, 0xff]) : "Content-Length: 2147483647\r\n\r\n",
        );
        const error = await client.lastWords();
        assert.equal(error.data?.["name"], "PayloadTooLarge");
        assert.match(
          error.message,
          stranger
            ? /2147483647 bytes is longer than the limit of 1048576 bytes; .*"initialize".*: send that first$/
            : /2147483647 bytes is longer than the limit of 67108864 bytes; .*--max-message-bytes/,
        );
      }
    }
  });

  test("that sends no header, or a bad or an endless one, gets an error that says what is expected", async () => {
    const headers: [string, RegExp][] = [
      ["Content-Length: many\r\n\r\n", /not a number of bytes/],
      ["Content-Length: -5\r\n\r\n", /not a number/],
      ["Content-Length: 5\r\nContent-Length: 6\r\n\r\n", /two Content-Lengths/],
      ["Content-Type: x\r\n\r\n{}", /no Content-Length/],
      ["Content-Length 5\r\n\r\n", /is not "Name: value"/],
      [
        "Content-Length: 2\r\nContent-Type: application/json; charset=utf-16\r\n\r\n{}",
        /charset "utf-16" is not supported/,
      ],
      [`C${"x".repeat(20_000)}`, /longer than 8192 bytes/],
      ["Content-Length: 5\n\n{}".padEnd(9000), /longer than 8192 bytes/],
    ];
    for (const [header, text] of headers) {
      const client = await RawClient.connect(server.path, "json");
      client.socket.write(header);
      const error = await client.lastWords();
      assert.equal(error.data?.["name"], "Malformed");
      assert.match(error.message, text);
    }
  });

  test("that speaks another protocol gets an answer that it can show", async () => {
    const firstWords: [first: string, answer: RegExp][] = [
      [
        "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        /^HTTP\/1\.1 400 .*\r\n\r\nThis is a Polyproc server\..*Content-Length/s,
      ],
      [
        '{"jsonrpc":"2.0","id":1,"method":"initialize"}\n',
        /^\{"jsonrpc":"2\.0","id":null,"error":.*has no header.*\}\n$/,
      ],
      ['\n[{"jsonrpc":"2.0"', /^\{.*has no header.*\}\n$/],
      ["help\n", /^Content-Length: \d+\r\n\r\n\{.*help.* is no message: .*protocol\/SPEC\.md/],
      ["\x16\x03\x01\x02\x00\x01", /^Content-Length: \d+\r\n\r\n\{.*does not speak TLS/],
    ];
    for (const [first, answer] of firstWords) {
      const client = await RawClient.connect(server.path, "json");
      client.socket.removeAllListeners("data");
      let heard = "";
      client.socket.on("data", (data: Buffer) => (heard += data.toString()));
      client.socket.write(Buffer.from(first, "latin1"));
      await waitFor(() => client.ended, { what: `the end of the answer to ${first}` });
      assert.match(heard, answer);
      client.close();
    }
  });

  test("that nests ten thousand deep is told so", async () => {
    const deep = {
      json: Buffer.from(
        `{"jsonrpc":"2.0","id":1,"method":"initialize","params":${"[".repeat(10_000)}${"]".repeat(10_000)}}`,
      ),
      msgpack: Buffer.concat([Buffer.from([0x81, 0xa1, 0x61]), Buffer.alloc(10_000, 0x91), Buffer.from([0xc0])]),
    };
    for (const framing of framings) {
      for (const stranger of [true, false]) {
        const client = stranger ? await RawClient.connect(server.path, framing) : await server.opened(framing);
        client.socket.write(client.frame(framing === "json" ? deep.json : deep.msgpack));
        const error = await client.lastWords();
        assert.equal(error.data?.["name"], "ParseError");
        assert.match(error.message, /nest deeper than 512/);
      }
    }
  });

  test("that nests ten thousand deep inside a payload harms no peer: a reader gets a blob", async () => {
    const writer = await server.opened("frames");
    const reader = await server.opened("json");
    await writer.request("queue/create", { queue: "queue:@deep" });
    await reader.request("queue/create", { queue: "queue:@deep" });
    assert.equal(
      (
        await writer.request("queue/put", {
          queue: "queue:@deep",
          items: [Buffer.concat([Buffer.alloc(10_000, 0x91), Buffer.from([0xc0])])],
        })
      ).error,
      undefined,
    );
    const { result } = await reader.request("queue/get", { queue: "queue:@deep" });
    assert.equal(result.items[0].$blob.tag, "polyproc/undecodable");
    assert.equal(Buffer.from(result.items[0].$blob.data, "base64").length, 10_001);
    writer.close();
    reader.close();
  });

  test("whose text is not UTF-8 gets an error", async () => {
    for (const framing of framings) {
      const client = await server.opened(framing);
      const body =
        framing === "json"
          ? Buffer.concat([
              Buffer.from(`{"jsonrpc":"2.0","id":1,"method":"`),
              Buffer.from([0xff, 0xfe]),
              Buffer.from(`"}`),
            ])
          : Buffer.from([0x81, 0xa2, 0xc3, 0x28, 0xc0]);
      client.socket.write(client.frame(body));
      const error = await client.lastWords();
      assert.equal(error.data?.["name"], "ParseError");
      assert.match(error.message, /UTF-8/);
    }
  });

  test("that sends no JSON-RPC message gets an error that says what is expected", async () => {
    for (const framing of framings) {
      for (const [message, text] of [
        [[], /batches/],
        [[{ jsonrpc: "2.0", id: 1, method: "server/status" }], /batches/],
        [-1, /expected a JSON-RPC message/],
        ["initialize", /expected a JSON-RPC message/],
      ] as const) {
        const client = await server.opened(framing);
        client.send(message);
        const error = await client.lastWords();
        assert.equal(error.data?.["name"], "Malformed");
        assert.match(error.message, text);
      }
      // These are invalid, and do not end the connection.
      const client = await server.opened(framing);
      for (const [message, id, text] of [
        [{ id: 5 }, 5, /"method" is missing/],
        [{ id: 6, method: 7 }, 6, /expected a string, got 7/],
        [{ id: {}, method: "server/status" }, null, /id: expected a string/],
        [{ id: null, method: "server/status" }, null, /id: expected a string/],
        [{ id: "x".repeat(2000), method: "server/status" }, null, /id: expected a string/],
      ] as const) {
        client.send(message);
        const { error } = await client.answer(id);
        assert.equal(error?.data?.["name"], "InvalidRequest");
        assert.match(error!.message, text);
      }
      // A response to nothing, and cancellations of nothing.
      client.send({ jsonrpc: "2.0", id: 99, result: 1 });
      for (const params of [undefined, null, 5, {}, { id: null }, { id: "nobody" }, { id: 12345 }])
        client.send({ jsonrpc: "2.0", method: "$/cancelRequest", params });
      assert.ok((await client.request("server/status")).result);
      client.close();
    }
  });

  test("that sends the wrong type in any parameter of any method gets InvalidParams", async () => {
    const requests = messages.filter(
      (message) =>
        isRequest(message) &&
        message.direction === "clientToServer" &&
        message.method !== "initialize" &&
        message.method !== "shutdown",
    );
    assert.ok(requests.length > 50);
    for (const framing of framings) {
      const client = await server.opened(framing);
      let sent = 0;
      const expected = new Map<number, string>();
      for (const message of requests) {
        const example = framing === "json" ? examples[message.method]!.params : exampleValues(message).params;
        for (const params of mutations(
          example,
          framing === "json" ? wrongValues.filter((value) => !(value instanceof Uint8Array)) : wrongValues,
        )) {
          if (fits(message, params, framing)) continue;
          expected.set(1000 + sent, message.method);
          client.send({ jsonrpc: "2.0", id: 1000 + sent++, method: message.method, params });
        }
        await waitFor(() => client.received.length === sent, { what: `answers to ${sent} wrong requests` });
      }
      assert.ok(sent > 2000, `only ${sent} were sent`);
      for (const { id, error } of client.received) {
        assert.equal(error?.code, -32602, `${expected.get(id as number)}: ${JSON.stringify(error)}`);
        assert.ok(error!.message.length < 2000);
      }
      client.close();
    }
  });

  test("whose initialize has the wrong types gets InvalidParams, and may try again", async () => {
    for (const framing of framings) {
      const client = await RawClient.connect(server.path, framing);
      for (const params of [
        5,
        "x",
        [],
        { protocolVersion: 1 },
        { clientInfo: "me" },
        { clientInfo: {} },
        { token: 5 },
        { processId: "me" },
      ]) {
        assert.equal((await client.request("initialize", params)).error?.code, -32602, JSON.stringify(params));
      }
      assert.match(
        (await client.request("initialize", { protocolVersion: "99.0" })).error!.message,
        /speaks protocol 99.0/,
      );
      assert.ok((await client.request("initialize", {})).result);
      assert.match((await client.request("initialize", {})).error!.message, /was sent before/);
      client.close();
    }
  });

  test("that sends requests before initialize, unknown methods or worker's messages gets an error", async () => {
    for (const framing of framings) {
      const stranger = await RawClient.connect(server.path, framing);
      assert.equal((await stranger.request("server/status", {})).error?.code, -32002);
      stranger.send({ jsonrpc: "2.0", method: "handle/release", params: { handles: [] } });
      stranger.send({ jsonrpc: "2.0", method: "initialized", params: {} });
      assert.equal((await stranger.request("worker/ready", {})).error?.data?.["name"], "Unauthorized");
      stranger.close();

      const client = await server.opened(framing);
      const { error } = await client.request("lock/aquire", {});
      assert.equal(error?.code, -32601);
      assert.match(error!.message, /"lock\/aquire"/);
      assert.equal((await client.request("__proto__", {})).error?.code, -32601);
      assert.match((await client.request("handle/release", { handles: [] })).error!.message, /is a notification/);
      client.send({ jsonrpc: "2.0", method: "no/such/notification", params: {} });
      client.send({ jsonrpc: "2.0", method: "worker/result", params: { seq: 0, from: 0, count: 1 } });
      client.send({ jsonrpc: "2.0", method: "server/stop" });
      for (const message of messages) {
        if (message.direction === "clientToServer") continue;
        const { error } = await client.request(message.method, exampleValues(message).params);
        assert.ok(
          error &&
            ["MethodNotFound", "Unauthorized", "InvalidRequest", "InvalidParams"].includes(
              error.data?.["name"] as string,
            ),
          `${message.method}: ${JSON.stringify(error)}`,
        );
      }
      client.close();
    }
  });

  test("that uses an id twice gets InvalidRequest, and the first request is not lost", async () => {
    for (const framing of framings) {
      const client = await server.opened(framing);
      await client.request("event/create", { event: "event:@go" });
      client.send({ jsonrpc: "2.0", id: 7, method: "event/wait", params: { event: "event:@go" } });
      client.send({ jsonrpc: "2.0", id: 7, method: "server/status" });
      const { error } = await client.answer(7);
      assert.equal(error?.data?.["name"], "InvalidRequest");
      assert.match(error!.message, /id 7 is in use/);
      await client.request("event/set", { event: "event:@go" });
      assert.deepEqual((await client.answer(7)).error, undefined);
      // Free again.
      assert.ok((await client.request("server/status", {}, 7)).result);
      client.close();
    }
  });

  test("that fills a message with millions of tiny values gets PayloadTooLarge", async () => {
    for (const framing of framings) {
      const client = await server.opened(framing);
      const many = 1_500_000;
      const header = Buffer.from([0xdd, 0, 0, 0, 0]);
      header.writeUInt32BE(many, 1);
      client.socket.write(
        client.frame(
          framing === "json"
            ? Buffer.from(`[${"[],".repeat(many)}[]]`)
            : Buffer.concat([header, Buffer.alloc(many, 0x90)]),
        ),
      );
      assert.equal((await client.lastWords()).data?.["name"], "PayloadTooLarge");
    }
  });
});

function fits(message: (typeof messages)[number], params: unknown, framing: Framing): boolean {
  if (Array.isArray(params) || params instanceof Uint8Array) return false;
  let converted = params;
  try {
    if (framing === "json")
      converted = convertPayloads(paramsPlaces(message), JSON.parse(JSON.stringify(params)), (value): Payload =>
        jsonToPayload(value),
      );
  } catch {
    return false;
  }
  return v.safeParse(message.params, converted).success;
}
