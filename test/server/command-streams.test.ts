import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { waitFor, within } from "../deadline.js";
import { isLiving } from "../living.js";
import type { Framing, RawClient } from "./clients.js";
import { SharedServer } from "./shared-server.js";

function bytes(client: RawClient, text: string): unknown {
  const data = Buffer.from(text);
  return client.framing === "json"
    ? { $bytes: data.toString("base64") }
    : Buffer.concat([Buffer.from([0xc4, data.length]), data]);
}

function textOf(client: RawClient, data: unknown): string {
  if (client.framing === "json") return Buffer.from((data as { $bytes: string }).$bytes, "base64").toString();
  const payload = data as Uint8Array;
  assert.equal(payload[0], 0xc6);
  return Buffer.from(payload.subarray(5)).toString();
}

suite("streams of commands, at both doors", () => {
  const server = new SharedServer();

  async function started(client: RawClient, program: string, args: string[], streams: string[]) {
    const process = `process:${client.session}.${Math.random().toString(36).slice(2)}`;
    const { result, error } = await client.request("process/start", {
      process,
      target: { command: program, args },
      streams,
    });
    assert.equal(error, undefined);
    return { process, pid: result.pid as number };
  }

  for (const framing of ["json", "msgpack", "frames"] satisfies Framing[]) {
    test(`${framing}: bytes go in and come out, and the end of file is told`, async () => {
      const client = await server.opened(framing);
      const { process } = await started(client, "cat", [], ["stdin", "stdout"]);
      const early = client.request("process/read", { process, stream: "stdout" });
      assert.equal((await client.request("process/write", { process, data: bytes(client, "häß") })).result, null);
      const first = await within(early, "the bytes");
      assert.deepEqual([textOf(client, first.result.data), first.result.end], ["häß", false]);
      const none = await client.request("process/read", { process, stream: "stdout", timeoutMs: 0 });
      assert.equal(none.error?.data?.["name"], "TimedOut");
      await client.request("process/closeStream", { process, stream: "stdin" });
      const last = await within(client.request("process/read", { process, stream: "stdout" }), "the end");
      assert.deepEqual([textOf(client, last.result.data), last.result.end], ["", true]);
      const late = await client.request("process/write", { process, data: bytes(client, "x") });
      assert.equal(late.error?.data?.["name"], "BadState", "this session has closed it");
      assert.deepEqual((await client.request("process/join", { process })).result, { exited: true, exitCode: 0 });
      client.close();
    });
  }

  test("only the session that started a command uses its streams", async () => {
    const [mine, other] = [await server.opened("frames"), await server.opened("json")];
    const { process } = await started(mine, "cat", [], ["stdin", "stdout"]);
    for (const [method, params] of [
      ["process/read", { stream: "stdout" }],
      ["process/write", { data: bytes(other, "x") }],
      ["process/closeStream", { stream: "stdin" }],
    ] as const)
      assert.equal((await other.request(method, { process, ...params })).error?.data?.["name"], "NotOwner", method);
    assert.equal(
      (await mine.request("process/read", { process, stream: "stderr" })).error?.data?.["name"],
      "BadState",
      "it was not asked for",
    );
    mine.close();
    other.close();
  });

  test("wrong values change nothing: of streams, of data, of a target that is no command", async () => {
    const client = await server.opened("json");
    const { process } = await started(client, "cat", [], ["stdin", "stdout"]);
    const wrong = await client.request("process/write", { process, data: [1, 2] });
    assert.match(wrong.error!.message, /expected bytes or a text, got a value of type array/);
    await client.request("process/write", { process, data: "text" });
    const { result } = await client.request("process/read", { process, stream: "stdout" });
    assert.equal(textOf(client, result.data), "text");
    for (const [target, streams] of [
      [{ command: "cat", input: "x" }, ["stdin"]],
      [{ source: "() => 1", runtime: "node" }, ["stdout"]],
      [{ command: "cat" }, ["stdlog"]],
    ]) {
      const fresh = `process:${client.session}.${Math.random().toString(36).slice(2)}`;
      const { error } = await client.request("process/start", { process: fresh, target, streams });
      assert.equal(error?.data?.["name"], "InvalidParams", JSON.stringify(target));
    }
    client.close();
  });

  test("the end of a client closes the streams: its program sees EOF, its writer an error", async () => {
    const client = await server.opened("frames");
    const reader = await started(client, "cat", [], ["stdin"]);
    const writer = await started(client, "yes", [], ["stdout"]);
    client.socket.destroy();
    await waitFor(() => !isLiving(reader.pid) && !isLiving(writer.pid));
  });

  test("shutdown closes the streams of children that are not read, and waits for their end", async () => {
    const client = await server.opened("json");
    const { pid } = await started(client, "sh", ["-c", "yes; cat"], ["stdin", "stdout"]);
    assert.equal((await within(client.request("shutdown"), "the answer of shutdown")).error, undefined);
    assert.equal(isLiving(pid), false);
    client.close();
  });

  test("an output whose reader sleeps holds back its program only, and not more than a bound", async () => {
    const client = await server.opened("frames");
    const { process } = await started(client, "head", ["-c", "20000000", "/dev/zero"], ["stdout"]);
    const before = (await server.good.request("server/status")).result.heldBytes as number;
    const other = await started(client, "echo", ["quick"], ["stdout"]);
    assert.deepEqual(
      (await within(client.request("process/join", { process: other.process }), "the other's end")).result.exitCode,
      0,
    );
    const held = (await server.good.request("server/status")).result.heldBytes as number;
    assert.ok(held - before < 2_000_000, `${held - before} bytes are held`);
    let read = 0;
    for (let end = false; !end;) {
      const { result } = await client.request("process/read", { process, stream: "stdout" });
      read += (result.data as Uint8Array).length - 5;
      end = result.end as boolean;
    }
    assert.equal(read, 20_000_000);
    client.close();
  });

  test("what outlives the program and writes on is cut, and the reader is told", async () => {
    const client = await server.opened("frames");
    // A session of its own, and deaf to SIGTERM: it writes until it is killed.
    const script = "setsid sh -c 'trap \"\" TERM; exec yes' & exit 0";
    const { process } = await started(client, "sh", ["-c", script], ["stdout"]);
    await within(client.request("process/join", { process }), "the end");
    for (;;) {
      const { result, error } = await within(client.request("process/read", { process, stream: "stdout" }), "bytes");
      if (error) {
        assert.equal(error.data?.["name"], "Overloaded");
        break;
      }
      assert.equal(result.end, false);
    }
    client.close();
  });
});
