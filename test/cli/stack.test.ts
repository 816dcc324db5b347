import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { connect } from "../../bindings/typescript/index.js";
import { jsonToPayload } from "../../protocol/values.js";
import { waitFor } from "../deadline.js";
import { temporaryFolder } from "../temporary-folder.js";
import { run, serve } from "./polyproc.js";

const module = `import { writeFileSync } from "node:fs";
const sleeper = new Int32Array(new SharedArrayBuffer(4));
export function task(begun) {
  writeFileSync(begun, "");
  for (;;) Atomics.wait(sleeper, 0, 0, 20);
}
`;

test("stack shows where an item's function is; by pid, by item, and without a name", async (t) => {
  const { address, env } = await serve(t);
  const mp = await connect(address, { output: "ignore" });
  t.after(() => mp.close());
  const folder = temporaryFolder(t);
  const path = join(folder, "busy.mjs");
  writeFileSync(path, module);
  const handle = "run:s1.900";
  await mp.connection.request("run/start", {
    run: handle,
    target: { module: path, export: "task" },
    items: [jsonToPayload(join(folder, "begun"))],
  });
  await waitFor(() => existsSync(join(folder, "begun")), { what: "the item to run" });
  const { entries } = await mp.connection.request("run/read", { run: handle, since: 0, timeoutMs: 0 });
  const { pid } = entries[0]!;
  for (const names of [[], [String(pid)], [`${handle}/0`], [handle]]) {
    // On a machine without time to spare an answer may say that the function did not answer in time.
    const { status, stdout } = await waitFor(
      async () => {
        const ended = await run(t, ["stack", ...names], { env });
        return /^ {2}main\n {4}task \(.*busy\.mjs:5:\d+\)\n/m.test(ended.stdout) && ended;
      },
      { what: `the stack of ${names.join()}` },
    );
    assert.equal(status, 0, names.join());
    assert.match(stdout, new RegExp(`^\\S+ \\(pid ${pid}, node\\)`));
  }
  type Json = { samples: { threads: { frames: { line: number }[] }[] }[] }[];
  await waitFor(
    async () => {
      const [one] = JSON.parse((await run(t, ["stack", "--json", String(pid)], { env })).stdout) as Json;
      return one!.samples.map(({ threads }) => threads[0]!.frames[0]!.line).join() === "5,5";
    },
    { what: "both samples as JSON" },
  );
  const command = new mp.Process({ name: "sleeper", target: { command: "sleep", args: ["600"] } });
  await command.start();
  const refused = await run(t, ["stack", "sleeper", "nobody"], { env });
  assert.equal(refused.status, 1);
  assert.match(refused.stdout, /sleeper is a command: only functions of Node and Python have a stack/);
  assert.equal(refused.stderr, 'polyproc: nothing that runs on this server is "nobody"; polyproc ps lists what runs\n');
  await command.kill();
  await mp.connection.request("run/cancel", { run: handle, graceMs: 0 });
});
