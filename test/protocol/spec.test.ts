import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { Duplex } from "node:stream";
import { test } from "node:test";
import * as v from "valibot";
import { protocolFolder } from "../../protocol/generate/sources.js";
import { messageByMethod, messages } from "../../protocol/methods.js";
import { convertPayloads, paramsPlaces } from "../../protocol/payload-places.js";
import { handlers } from "../../server/handlers/table.js";
import { handleKinds } from "../../protocol/schema.js";
import { jsonToPayload } from "../../protocol/values.js";
import { protocolVersion } from "../../protocol/version.js";
import { RawClient } from "../server/clients.js";
import { spawnServer } from "../server/server-process.js";
import { temporaryFolder } from "../temporary-folder.js";

const spec = readFileSync(path.join(protocolFolder, "SPEC.md"), "utf8");
const methods = messages.map((message) => message.method);

/** Answered in server/handlers/connection.ts; `initialized` has no effect. */
const connectionMethods = ["initialize", "initialized", "shutdown", "exit", "$/cancelRequest", "worker/ready"];

test("SPEC.md has a section for every message, and for no other", () => {
  const sections = [...spec.matchAll(/^#### `([^`]+)`$/gm)].map((match) => match[1]!);
  assert.deepEqual(sections.toSorted(), methods.toSorted());
});

test("every message to the server has one handler, and every handler a message", () => {
  const toServer = messages
    .filter(({ direction }) => direction === "clientToServer" || direction === "workerToServer")
    .map((message) => message.method);
  const handled = handlers.map((handler) => handler.message.method);
  assert.equal(new Set(handled).size, handled.length, "no method has two handlers");
  assert.deepEqual([...handled, ...connectionMethods].toSorted(), toServer.toSorted());
  for (const { message } of handlers) assert.equal(messageByMethod.get(message.method), message, message.method);
});

test("every method has one declaration", () => {
  assert.equal(messageByMethod.size, messages.length);
});

test("methods that the text names exist", () => {
  const areas = new Set(methods.map((method) => method.split("/")[0]!));
  for (const [, area, verb] of spec.matchAll(/`([a-z]+|\$)\/([a-zA-Z]+)`/g)) {
    if (areas.has(area!)) assert.ok(messageByMethod.has(`${area}/${verb}`), `${area}/${verb}`);
  }
});

test("kinds of handles that the text names are those of the schema", () => {
  const line = /Kinds: ([^.]*?)\./s.exec(spec)?.[1] ?? "";
  assert.deepEqual(
    [...line.matchAll(/`(\w+)`/g)].map((match) => match[1]),
    [...handleKinds],
  );
});

test("the version in the title is the protocol's", () => {
  assert.equal(/^# .* version (\S+)$/m.exec(spec)?.[1], protocolVersion);
});

test("links inside the page lead to headings", () => {
  const headings = [...spec.matchAll(/^#+ (.*)$/gm)].map((match) =>
    match[1]!
      .toLowerCase()
      .replace(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );
  const anchors = new Set<string>();
  for (const heading of headings) {
    let anchor = heading;
    for (let n = 1; anchors.has(anchor); n++) anchor = `${heading}-${n}`;
    anchors.add(anchor);
  }
  for (const [, anchor] of spec.matchAll(/\]\(#([^)]+)\)/g)) assert.ok(anchors.has(anchor!), `#${anchor}`);
});

test("the first session of the page runs as it is printed", async (t) => {
  const messages = /```json\n([\s\S]*?)```/
    .exec(spec)![1]!
    .trim()
    .split(/\n(?=\{)/);
  assert.equal(messages.length, 4);
  const folder = temporaryFolder(t);
  writeFileSync(path.join(folder, "a.txt"), "abc");
  writeFileSync(path.join(folder, "b.txt"), "defgh");
  const server = spawnServer(t, ["--stdio"], { stdio: "pipe", cwd: folder });
  const { stdin, stdout } = server.process;
  const client = new RawClient(Duplex.from({ readable: stdout!, writable: stdin! }), "json");
  for (const text of messages) {
    const { id, method, params } = JSON.parse(text) as { id?: number; method: string; params?: unknown };
    const message = messageByMethod.get(method)!;
    const checked = v.safeParse(message.params, convertPayloads(paramsPlaces(message), params, jsonToPayload));
    assert.ok(checked.success, text);
    if (id === undefined) {
      client.send({ jsonrpc: "2.0", method, params });
      continue;
    }
    const answer = await client.request(method, params);
    assert.equal(answer.error, undefined, text);
    if (method === "pool/map")
      assert.deepEqual(
        (answer.result as { outcomes: { value: { stdout: string } }[] }).outcomes.map(({ value }) => value.stdout),
        ["3 a.txt\n", "5 b.txt\n"],
      );
  }
  assert.equal(await server.exited(), 0);
});
