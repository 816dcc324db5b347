import assert from "node:assert/strict";
import { mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { ElicitRequestSchema, ProgressNotificationSchema, type ElicitResult } from "@modelcontextprotocol/sdk/types.js";
import { tools } from "../../agents/tools.js";
import { waitFor, within } from "../deadline.js";
import { compiled } from "../fixture.js";
import { startServer } from "../server/server-process.js";
import { temporaryFolder } from "../temporary-folder.js";
import { run } from "./polyproc.js";
import { withoutPackage } from "./without-package.js";

interface Agent {
  client: Client;
  folder: string;
  /** What the tool returned, or its error. */
  call(name: string, args?: Record<string, unknown>): Promise<{ value: Record<string, unknown>; error: string | null }>;
}

/** `answer`: the person at the client; without it, the client cannot ask. */
async function agent(
  t: TestContext,
  args: readonly string[],
  answer?: (message: string) => ElicitResult,
): Promise<Agent> {
  const folder = realpathSync(temporaryFolder(t));
  const address = `unix:${join(folder, "run", "p.sock")}`;
  await startServer(t, ["--listen", address]);
  mkdirSync(join(folder, "texts"));
  for (const name of ["a", "b", "c"]) writeFileSync(join(folder, "texts", `${name}.txt`), name.repeat(3));
  writeFileSync(
    join(folder, "check.mjs"),
    `export function shout(file) {
      if (file.endsWith("b.txt")) throw new RangeError("no b");
      return file.slice(-5).toUpperCase();
    }`,
  );
  const client = new Client(
    { name: "test", version: "1" },
    { capabilities: answer ? { elicitation: { form: {} } } : {} },
  );
  if (answer) client.setRequestHandler(ElicitRequestSchema, ({ params }) => answer(params.message));
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [compiled("cli/main"), "mcp", ...args],
    cwd: folder,
    env: { PATH: process.env["PATH"]!, HOME: folder, POLYPROC_ADDRESS: address },
  });
  await within(client.connect(transport), "the MCP server");
  t.after(() => client.close());
  return {
    client,
    folder,
    async call(name, input = {}) {
      const result = await within(client.callTool({ name, arguments: input }), `the answer of ${name}`);
      const [{ text }] = result.content as [{ text: string }];
      return result.isError === true
        ? { value: {}, error: text }
        : { value: JSON.parse(text) as Record<string, unknown>, error: null };
    },
  };
}

test("polyproc mcp without options only reads, and says which option would allow a call", async (t) => {
  const { client, call, folder } = await agent(t, []);
  const listed = await client.listTools();
  assert.deepEqual(
    listed.tools.map(({ name, annotations }) => [name, annotations?.readOnlyHint]),
    tools.map(({ name, readOnly }) => [name, readOnly]),
  );
  const command = await call("polyproc_map", { command: ["touch", "it's here"], items: ["x"] });
  assert.match(command.error!, /^not allowed: Run touch 'it'\\''s here' \{item\} for one item\? The person at this/);
  assert.ok(command.error!.endsWith(String.raw`--allow-command 'touch '\''it'\''\'\'''\''s here'\'' {item}'`));
  const module = await call("polyproc_map", { module: "check.mjs", export: "shout", files: ["texts/*"] });
  assert.match(module.error!, /with --allow-module '.*\/check\.mjs'$/);
  assert.ok(module.error!.includes(folder));
  assert.deepEqual((await call("polyproc_runs")).value, { runs: [] });
  assert.deepEqual((await call("polyproc_children")).value, { processes: [] });
});

test("it maps over files, reads the failures, re-runs them, and offers runs as resources", async (t) => {
  const { client, call, folder } = await agent(t, ["--allow-module", "*.mjs"]);
  const progress: number[] = [];
  // The SDK tells `onprogress` nothing of a notification that arrives together with the answer.
  client.setNotificationHandler(ProgressNotificationSchema, ({ params }) => void progress.push(params.progress));
  const result = await client.callTool(
    { name: "polyproc_map", arguments: { module: "check.mjs", export: "shout", files: ["texts/*.txt"] } },
    undefined,
    { onprogress: () => {} },
  );
  const [{ text }] = result.content as [{ text: string }];
  const map = JSON.parse(text) as Record<string, unknown> & {
    failures: { item: string; error: string }[];
    run: string;
  };
  assert.deepEqual([map["state"], map["done"], map["failed"], map["total"]], ["done", 2, 1, 3]);
  assert.equal(progress.at(-1), 3);
  assert.deepEqual(
    map.failures.map(({ item, error }) => [item, error]),
    [[join(folder, "texts", "b.txt"), "RangeError: no b"]],
  );
  const read = await call("polyproc_read_run", { run: map.run, state: "all", limit: 2 });
  assert.deepEqual([(read.value["items"] as unknown[]).length, read.value["more"]], [2, 1]);
  const again = await call("polyproc_rerun_failed", { run: map.run });
  assert.deepEqual([again.value["total"], again.value["failed"]], [1, 1]);
  assert.match((await call("polyproc_read_run", { run: "run:s1.99" })).error!, /run:s1\.99/);

  const { resources } = await client.listResources();
  assert.equal(resources.length, 3);
  const contents = await client.readResource({ uri: `polyproc://runs/${encodeURIComponent(map.run)}` });
  const [resource] = contents.contents as unknown as [{ text: string }];
  const results = JSON.parse(resource.text) as { items: { value?: unknown }[] };
  assert.deepEqual(
    results.items.map(({ value }) => value),
    ["A.TXT", undefined, "C.TXT"],
  );
  await assert.rejects(client.readResource({ uri: "polyproc://runs/nothing" }), /there is no resource/);
});

test("what no option allows is asked of the person at the client, who may allow it for the session", async (t) => {
  const asked: string[] = [];
  const answers: ElicitResult[] = [{ action: "decline" }, { action: "accept", content: { always: true } }];
  const { call } = await agent(t, [], (message) => {
    asked.push(message);
    return answers.shift()!;
  });
  const map = { command: ["printf", "%s!", "{item}"], items: ["a", "b"] };
  assert.match((await call("polyproc_map", map)).error!, /did not allow it: Run printf '%s!' \{item\} for 2 items\?/);
  const allowed = await call("polyproc_map", map);
  assert.equal(allowed.error, null);
  assert.deepEqual(
    (allowed.value["results"] as { value: { stdout: string } }[]).map(({ value }) => value.stdout),
    ["a!", "b!"],
  );
  assert.equal((await call("polyproc_map", { ...map, items: ["c"] })).error, null);
  assert.equal(asked.length, 2);
});

test("a run that is cancelled or killed ends; a wrong input is an error for the model", async (t) => {
  const { client, call } = await agent(t, ["--allow-command", "sleep *", "--allow-kill"]);
  const started = await call("polyproc_map", { command: ["sleep"], items: ["1000"], waitSeconds: 0 });
  assert.equal(started.value["ended"], false);
  const children = await waitFor(async () => {
    const { processes } = (await call("polyproc_children")).value as { processes: { pid: number; role: string }[] };
    return processes.length === 1 && processes;
  });
  assert.equal((await call("polyproc_kill", { pid: children[0]!.pid })).error, null);
  const killed = async () => (await call("polyproc_runs")).value["runs"] as { ended: boolean; failed: number }[];
  await waitFor(async () => (await killed())[0]!.ended, { what: "the end of the killed run" });
  assert.equal((await killed())[0]!.failed, 1);

  const cancel = new AbortController();
  const waiting = client.callTool(
    { name: "polyproc_map", arguments: { command: ["sleep"], items: ["1000"] } },
    undefined,
    {
      signal: cancel.signal,
    },
  );
  await waitFor(async () => (await killed()).length === 2, { what: "the second run" });
  cancel.abort("no longer wanted");
  await assert.rejects(waiting);
  await waitFor(async () => (await killed())[0]!.ended, { what: "the end of the cancelled run" });

  for (const [input, text] of [
    [{ items: ["a"] }, /give either command or module/],
    [{ command: ["sleep"] }, /give either files or items/],
    [{ command: ["sleep"], files: ["*.none"] }, /no file matches \*\.none/],
    [{ command: ["sleep"], items: [1], processes: 0 }, /^processes: /],
    [{ command: ["{item}"], items: ["ls"] }, /the program itself must be named/],
  ] as const)
    assert.match((await call("polyproc_map", input)).error!, text);
});

test("without the SDK it says what to install, and no other command needs it", async (t) => {
  const env = withoutPackage("@modelcontextprotocol/sdk");
  const without = await run(t, ["mcp"], { env });
  assert.equal(without.status, 69);
  assert.match(
    without.stderr,
    /^polyproc: polyproc mcp needs one more package.*npm install @modelcontextprotocol\/sdk/,
  );
  const map = await run(t, ["map", "-q", "echo", ":::", "a"], { env });
  assert.deepEqual([map.status, map.stdout], [0, "a\n"]);
});
