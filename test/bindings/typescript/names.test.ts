import assert from "node:assert/strict";
import { basename } from "node:path";
import { test } from "node:test";
import { connect } from "../../../bindings/typescript/index.js";
import { startUnixServer } from "../../server/server-process.js";

test("a session is named after its script unless it chooses a name; a pool has its own", async (t) => {
  const { path } = await startUnixServer(t);
  await using unnamed = await connect(`unix:${path}`);
  await using named = await connect(`unix:${path}`, { name: "nightly report" });
  new named.Pool(2, { name: "thumbnails" });
  new named.Pool({ processes: 2 });
  const { pools } = await named.connection.request("pool/list", {});
  assert.deepEqual(
    pools.map(({ name }) => name),
    ["thumbnails", null],
  );
  const { sessions } = await unnamed.connection.request("server/sessions", {});
  assert.deepEqual(
    sessions.filter(({ role }) => role === "client").map(({ name, pid }) => [name, pid]),
    [
      [basename(process.argv[1]!), process.pid],
      ["nightly report", process.pid],
    ],
  );
});
