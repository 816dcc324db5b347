import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { errorName } from "../../protocol/errors.js";
import { within } from "../deadline.js";
import { compiled } from "../fixture.js";
import { RawClient } from "../server/clients.js";
import { setStage } from "./stage.js";

const command = { command: process.execPath, args: ["-e", "0"] };
const module = { module: compiled("test/faults/tasks"), export: "doubleOrDie" };

const wrong: Record<string, { params: object; error: string }> = {
  "whose arguments are a number": { params: { target: command, args: 1 }, error: "InvalidParams" },
  "whose arguments are a text": { params: { target: command, args: "x" }, error: "InvalidParams" },
  "whose arguments are a list of one": { params: { target: command, args: [1] }, error: "InvalidParams" },
  "whose arguments are no lists": { params: { target: command, args: [1, {}] }, error: "InvalidParams" },
  "whose command's arguments name an unknown handle": {
    params: { target: command, args: [[{ $handle: "lock:s1.999" }], {}] },
    error: "UnknownHandle",
  },
  "whose function's arguments name an unknown handle": {
    params: { target: module, args: [[{ $handle: "lock:s1.999" }], {}] },
    error: "UnknownHandle",
  },
  "of an unknown runtime": { params: { target: { ...module, runtime: "cobol" } }, error: "TargetNotFound" },
  "under the handle of another session": {
    params: { process: "process:s9999.1", target: command },
    error: "InvalidParams",
  },
};

describe("a process/start", () => {
  it("that is refused leaves nothing behind, and its session can be shut down", async (t) => {
    const stage = await setStage(t);
    const before = (await stage.status()).processes;
    for (const [what, { params, error }] of Object.entries(wrong)) {
      const client = await RawClient.connect(stage.address.slice("unix:".length), "json");
      const { result } = await client.request("initialize", {});
      const process = `process:${result.session}.1`;
      const answer = await client.request("process/start", { process, ...params });
      assert.equal(answer.error && errorName(answer.error.code), error, `${what}: ${answer.error?.message}`);
      assert.deepEqual(await stage.living(), [], what);
      assert.equal((await client.request("handle/exists", { handle: process })).result.exists, false, what);
      assert.equal(
        (await within(client.request("shutdown"), `the answer to shutdown after a start ${what}`)).result,
        null,
      );
      client.close();
    }
    assert.ok((await stage.status()).processes <= before + 2, "at most warm hosts were started");
  });

  it("that names a process that runs already is refused", async (t) => {
    const stage = await setStage(t);
    const client = await RawClient.open(stage.address.slice("unix:".length), "json");
    const first = {
      process: "process:@twice",
      target: { command: process.execPath, args: ["-e", "setInterval(() => {}, 1000)"] },
      daemon: true,
    };
    assert.ok((await client.request("process/start", first)).result.pid > 0);
    const again = await client.request("process/start", first);
    assert.equal(errorName(again.error!.code), "BadState");
    assert.equal((await stage.living()).length, 1);
    client.close();
  });
});
