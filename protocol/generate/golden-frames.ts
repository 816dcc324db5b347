import { PolyprocError } from "../errors.js";
import { jsonToMsgpack } from "../json-to-msgpack.js";
import { examples } from "../examples/all.js";

/**
 * One complete frame. Its message is written as a value in its JSON form, so bytes are `{"$bytes": …}`, payloads
 * included.
 */
export interface GoldenFrame {
  name: string;
  framing: "content-length" | "length-prefixed";
  encoding: "json" | "msgpack";
  message: unknown;
  hex: string;
}

/** Part of a stream of length-prefixed frames: the messages in the order in which they are complete. */
export interface GoldenStream {
  name: string;
  messages: unknown[];
  hex: string;
}

/** A value in its two forms. */
export interface GoldenValue {
  json: unknown;
  msgpack: string;
}

const content = (name: string, encoding: GoldenFrame["encoding"], message: unknown): GoldenFrame => {
  const body = encoding === "json" ? Buffer.from(JSON.stringify(message)) : Buffer.from(jsonToMsgpack(message).data);
  const type = encoding === "json" ? "" : "Content-Type: application/msgpack\r\n";
  const header = Buffer.from(`Content-Length: ${body.length}\r\n${type}\r\n`, "latin1");
  return { name, framing: "content-length", encoding, message, hex: Buffer.concat([header, body]).toString("hex") };
};

const prefixed = (name: string, message: unknown): GoldenFrame => {
  const body = Buffer.from(jsonToMsgpack(message).data);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return {
    name,
    framing: "length-prefixed",
    encoding: "msgpack",
    message,
    hex: Buffer.concat([length, body]).toString("hex"),
  };
};

function request(id: number, method: string): Record<string, unknown> {
  return { jsonrpc: "2.0", id, method, params: examples[method]!.params };
}

/** A payload as it stands in a msgpack message. */
function payload(value: unknown): unknown {
  const { data, handles } = jsonToMsgpack(value);
  const bin = { $bytes: Buffer.from(data).toString("base64") };
  return handles.length === 0 ? bin : [bin, handles];
}

export function goldenFrames(): GoldenFrame[] {
  const empty = new PolyprocError("Empty", "the queue had no item within 10 ms").toErrorObject();
  return [
    content("initialize", "json", request(1, "initialize")),
    content("initialize", "msgpack", request(1, "initialize")),
    prefixed("initialize", request(1, "initialize")),
    content("initialize answered", "json", { jsonrpc: "2.0", id: 1, result: examples["initialize"]!.result }),
    content("queue/put, payloads as JSON values", "json", request(2, "queue/put")),
    prefixed("lock/acquire", request(3, "lock/acquire")),
    prefixed("lock/acquire answered, without jsonrpc", { id: 3, result: { acquired: true, ownerDied: false } }),
    prefixed("pipe/send, a payload without handles", {
      id: 4,
      method: "pipe/send",
      params: { end: "pipe:s1.8", item: payload(["hello", 1, 2.5]) },
    }),
    prefixed("pipe/send, a payload with a handle", {
      id: 5,
      method: "pipe/send",
      params: { end: "pipe:s1.8", item: payload({ lock: { $handle: "lock:s1.4" }, n: 1 }) },
    }),
    prefixed("an error", { id: 6, error: empty }),
    content("an error", "json", { jsonrpc: "2.0", id: 6, error: empty }),
    prefixed("cancel", { method: "$/cancelRequest", params: { id: 3 } }),
    prefixed("handle/release", { method: "handle/release", params: examples["handle/release"]!.params }),
    prefixed("worker/run", {
      method: "worker/run",
      params: {
        targets: [{ id: 1, target: { source: "(n) => n * n" } }],
        tasks: [{ seq: 0, target: 1, mode: "map", items: payload([1, 2, 3]), count: 3 }],
      },
    }),
  ];
}

/** Fragments, and whole frames between them. */
export function goldenStreams(): GoldenStream[] {
  const put = {
    id: 7,
    method: "queue/put",
    params: { queue: "queue:s1.4", items: [payload({ $bytes: Buffer.alloc(40, 1).toString("base64") })] },
  };
  const cancel = { method: "$/cancelRequest", params: { id: 3 } };
  const output = {
    method: "worker/output",
    params: { stream: "stdout", data: { $bytes: Buffer.from("a line of text\n").toString("base64") } },
  };
  const [begin, middle, end] = fragmentsOf(put, 30, 50) as [Buffer, Buffer, Buffer];
  return [
    {
      name: "a request in three fragments, a notification between two of them",
      messages: [cancel, put],
      hex: Buffer.concat([begin, middle, bytesOf(prefixed("", cancel)), end]).toString("hex"),
    },
    {
      name: "a notification whose first fragment is its head",
      messages: [output],
      hex: Buffer.concat(fragmentsOf(output, 0)).toString("hex"),
    },
    { name: "a request in one fragment", messages: [put], hex: Buffer.concat(fragmentsOf(put)).toString("hex") },
  ];
}

/** A message, cut at these places. */
function fragmentsOf(message: { id?: number; method: string }, ...cuts: number[]): Buffer[] {
  const body = bytesOf(prefixed("", message)).subarray(4);
  const id = Buffer.from(jsonToMsgpack(message.id ?? null).data);
  const head = Buffer.alloc(10);
  head.writeBigUInt64BE(BigInt(body.length));
  head.writeUInt16BE(id.length, 8);
  return [...cuts, body.length].map((cut, i) => {
    const part = body.subarray(i === 0 ? 0 : cuts[i - 1], cut);
    const fragment = i === 0 ? Buffer.concat([head, id, part]) : part;
    const prefix = Buffer.alloc(4);
    prefix.writeUInt32BE(0x8000_0000 + fragment.length);
    return Buffer.concat([prefix, fragment]);
  });
}

function bytesOf({ hex }: GoldenFrame): Buffer {
  return Buffer.from(hex, "hex");
}

export function goldenValues(): GoldenValue[] {
  const values: unknown[] = [
    null,
    true,
    false,
    0,
    127,
    128,
    256,
    65536,
    4294967296,
    9007199254740991,
    { $int: "9007199254740992" },
    { $int: "18446744073709551615" },
    -1,
    -32,
    -33,
    -129,
    -32769,
    -2147483649,
    -9007199254740991,
    { $int: "-9223372036854775808" },
    { $bigint: "0" },
    { $bigint: "5" },
    { $bigint: "128" },
    { $bigint: "-1" },
    { $bigint: "-129" },
    { $bigint: "1267650600228229401496703205376" },
    0.5,
    1e300,
    { $float: "1" },
    { $float: "-0" },
    { $float: "NaN" },
    { $float: "Infinity" },
    { $float: "-Infinity" },
    "",
    "héllo ✓ 😀",
    "\u0000",
    "x".repeat(32),
    { $bytes: "" },
    { $bytes: "AAEC/w==" },
    [],
    [1, [2, [3]]],
    {},
    { a: { b: [] } },
    { $$int: "7" },
    { $$$twice: null },
    JSON.parse(`{"__proto__": 1}`),
    { $timestamp: "1970-01-01T00:00:00Z" },
    { $timestamp: "2026-01-31T12:00:00.000000001Z" },
    { $timestamp: "1969-12-31T23:59:59.5Z" },
    { $timestamp: "9999-12-31T23:59:59.999999999Z" },
    { $timestamp: "@253402300800" },
    { $handle: "lock:s1.4" },
    { $handle: "queue:@jobs" },
    { $blob: { tag: "python/pickle", data: "gASVAA==" } },
  ];
  return values.map((json) => ({ json, msgpack: Buffer.from(jsonToMsgpack(json).data).toString("hex") }));
}
