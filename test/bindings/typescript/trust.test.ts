import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { connect, UntrustedBlob, type Client, type PipeEnd } from "../../../bindings/typescript/index.js";
import { startServer } from "../../server/server-process.js";
import { temporaryFolder } from "../../temporary-folder.js";

/** A server on TCP, and what connects to it. */
async function listening(t: TestContext): Promise<(trustBlobs?: boolean) => Promise<Client>> {
  const file = join(temporaryFolder(t), "token");
  const { addresses } = await startServer(t, ["--listen", "tcp:127.0.0.1:0", "--token-file", file]);
  const token = readFileSync(file, "utf8").trim();
  return async (trustBlobs) => {
    const client = await connect(addresses[0]!, { token, trustBlobs });
    t.after(() => client.close());
    return client;
  };
}

function isUntrusted(object: string, origin: Client) {
  return (error: unknown) => {
    assert.ok(error instanceof UntrustedBlob, String(error));
    assert.deepEqual(error.data, { origin: origin.connection.facts.session, object });
    assert.match(error.message, /trustBlobs: true/);
    return true;
  };
}

describe("over tcp a client opens no private values of other clients, unless it says so", () => {
  it("from a queue: items stay in it, for a client that trusts all", async (t) => {
    const client = await listening(t);
    const [careful, other, trusting] = [await client(), await client(), await client(true)];
    const [mine, theirs] = [careful, other].map((one) => new one.Queue({ name: "shared" }));
    await theirs!.put({ pattern: /x/g });
    await theirs!.put({ plain: [1, new Map([["a", 1]])] });
    await assert.rejects(mine!.get(), isUntrusted("queue:@shared", other));
    await assert.rejects(
      mine!.getMany(5),
      (error: unknown) =>
        error instanceof UntrustedBlob && /^s\d+ \(put back by s\d+\)$/.test(String(error.data["origin"])),
    );
    await assert.rejects(async () => {
      for await (const item of mine!) assert.fail(`got ${String(item)}`);
    }, UntrustedBlob);
    await assert.rejects(new careful.SimpleQueue({ name: "shared" }).get(), UntrustedBlob);
    assert.deepEqual(await new trusting.Queue({ name: "shared" }).get(), { pattern: /x/g });
    assert.deepEqual(await mine!.get(), { plain: [1, new Map([["a", 1]])] });
  });

  it("from a pipe, where other items go on", async (t) => {
    const client = await listening(t);
    const [careful, other] = [await client(), await client()];
    const [near, far] = other.Pipe();
    await new other.Queue({ name: "ends" }).put(far);
    const end = (await new careful.Queue({ name: "ends" }).get()) as PipeEnd;
    await near.send(/x/);
    await near.send("plain");
    await assert.rejects(end.recv(), isUntrusted(end.handle, other));
    assert.equal(await end.recv(), "plain");
  });

  it("but those of its own process tree", async (t) => {
    const client = await listening(t);
    const careful = await client();
    await using pool = new careful.Pool(1);
    assert.deepEqual(await pool.map((text: string) => new RegExp(text), ["a", "b"]), [/a/, /b/]);
    const queue = new careful.Queue({ name: "own" });
    await queue.put(/own/);
    assert.deepEqual(await queue.get(), /own/);
  });
});
