import assert from "node:assert/strict";
import { test } from "node:test";
import type { Connection } from "../../bindings/typescript/session/connection.js";
import { connect } from "../../bindings/typescript/client.js";
import { readStateOnce } from "../../cli/ps/server-state.js";
import { functions, serve } from "./polyproc.js";

test("the state is read once if no process runs, and a second time for the CPU of those that run", async (t) => {
  const { address } = await serve(t);
  const client = await connect(address);
  t.after(() => client.close());
  const { connection } = new client.Queue();
  let readings = 0;
  const counting = {
    request: (...args: Parameters<Connection["request"]>) => {
      if (args[0] === "process/usage") readings++;
      return connection.request(...args);
    },
  } as Connection;

  const idle = await readStateOnce(counting, true);
  assert.deepEqual([idle.processes, readings], [[], 1]);

  const process = new client.Process({ target: { module: functions, export: "keep" }, args: [] });
  await process.start();
  const busy = await readStateOnce(counting, false);
  assert.equal(readings, 3);
  assert.deepEqual(
    busy.processes.map(({ pid }) => pid),
    [...busy.usage.values()].map(({ pid }) => pid),
  );
  await process.kill();
});
