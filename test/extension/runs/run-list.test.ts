import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { decode, encode } from "../../../bindings/typescript/session/codec.js";
import { RunList } from "../../../extension/runs/run-list.js";
import type { Run, RunOptions, RunRequest } from "../../../extension/runs/run.js";
import type { RunEntry } from "../../../protocol/run.js";
import { waitFor, within } from "../../deadline.js";
import { FakeModel, FakeServer } from "./fake-server.js";

function request(count: number, changes: Partial<RunRequest> = {}): RunRequest {
  const items = Array.from({ length: count }, (_, index) => ({
    value: `/w/${index}.txt`,
    label: `${index}.txt`,
    file: `/w/${index}.txt`,
  }));
  return {
    name: "count over 3 files",
    target: { module: "/w/count.js", export: "count" },
    items,
    options: {},
    origin: "command",
    ...changes,
  };
}

function entry(index: number, state: RunEntry["state"], more: Partial<RunEntry> = {}): RunEntry {
  return { index, chunk: index, state, pid: 7, attempt: 1, startedAt: 5, ms: state === "running" ? null : 3, ...more };
}

function setUp(t: TestContext, defaults: RunOptions = {}) {
  const server = new FakeServer();
  const model = new FakeModel();
  const faults: unknown[] = [];
  const runs = new RunList({ server, model, defaults: () => defaults, onFault: (fault) => faults.push(fault) });
  t.after(() => {
    runs.dispose();
    server.rpc?.close();
    assert.deepEqual(faults, []);
  });
  return { server, model, runs };
}

const states = (run: Run) => run.rows.map(({ state }) => state);

describe("the window's runs", () => {
  test("a run is started with its options, the settings for the others, and notes for other windows", async (t) => {
    const { server, runs } = setUp(t, { processes: 3, chunkSize: 2, retries: 1, timeoutMs: 500 });
    const run = await runs.start(request(3, { options: { retries: 4, timeoutMs: 0 } }));
    const { spec } = server.rpc!.runs.get(run.id)!;
    assert.deepEqual(
      spec.items.map((item: Uint8Array) => decode(item, null)),
      ["/w/0.txt", "/w/1.txt", "/w/2.txt"],
    );
    assert.deepEqual(
      [spec.name, spec.processes, spec.chunkSize, spec.retries, spec.timeoutMs],
      ["count over 3 files", 3, 2, 4, undefined],
    );
    assert.deepEqual(states(run), ["queued", "queued", "queued"]);
    assert.deepEqual(runs.all, [run]);
  });

  test("a command is not chunked, and 0 processes mean the server's default", async (t) => {
    const { server, runs } = setUp(t, { processes: 0, chunkSize: 2 });
    const run = await runs.start(request(1, { target: { command: "wc" } }));
    const { spec } = server.rpc!.runs.get(run.id)!;
    assert.deepEqual([spec.processes, spec.chunkSize], [undefined, undefined]);
  });

  test("no items, no run", async (t) => {
    const { server, runs } = setUp(t);
    await assert.rejects(runs.start(request(0)), /list of items is empty/);
    assert.equal(server.rpc, null);
  });

  test("rows follow the server's entries, are replaced, not altered; results are decoded on access", async (t) => {
    const { server, runs } = setUp(t);
    const run = await runs.start(request(3));
    const queued = run.rows[0]!;
    server.rpc!.change(run.id, entry(0, "running"));
    await waitFor(() => run.rows[0]!.state === "running");
    server.rpc!.change(
      run.id,
      entry(0, "done", { value: encode({ words: 12 }) }),
      entry(1, "failed", { error: { code: 1012, message: "TypeError: no" } }),
      entry(2, "cancelled"),
    );
    server.rpc!.end(run.id);
    await within(run.whenEnded, "the run's end");
    assert.equal(queued.state, "queued");
    assert.deepEqual(states(run), ["done", "failed", "cancelled"]);
    assert.deepEqual(run.rows[0]!.value, { words: 12 });
    assert.equal(run.rows[0]!.value, run.rows[0]!.value);
    assert.equal(run.rows[1]!.error!.message, "TypeError: no");
    assert.deepEqual([run.ended, run.lost, run.info.done], [true, false, 1]);
  });

  test("a result that cannot be read does not harm the others", async (t) => {
    const { server, runs } = setUp(t);
    const run = await runs.start(request(2));
    server.rpc!.change(
      run.id,
      entry(0, "done", { value: new Uint8Array([0xc1]) }),
      entry(1, "done", { value: encode(2) }),
    );
    server.rpc!.end(run.id);
    await within(run.whenEnded, "the run's end");
    assert.match(String(run.rows[0]!.value), /cannot be read/);
    assert.equal(run.rows[1]!.value, 2);
  });

  test("10,000 changes are reported in a few calls, each row once; ended is true with the last", async (t) => {
    const { server, runs } = setUp(t);
    const count = 10_000;
    const run = await runs.start(request(count));
    const words: { size: number; ended: boolean }[] = [];
    const seen = new Set<number>();
    run.onDidChange((changed) => {
      words.push({ size: changed.length, ended: run.ended });
      for (const index of changed) seen.add(index);
    });
    server.rpc!.change(
      run.id,
      ...Array.from({ length: count }, (_, index) => entry(index, "done", { value: encode(index) })),
    );
    server.rpc!.end(run.id);
    await within(run.whenEnded, "the run's end");
    assert.equal(seen.size, count);
    assert.ok(words.length <= 20, `${words.length} words`);
    assert.deepEqual(
      words.map(({ ended }) => ended),
      [...words.slice(1).map(() => false), true],
    );
  });

  test("a listener that throws does not stop the others", async (t) => {
    const server = new FakeServer();
    const faults: unknown[] = [];
    const runs = new RunList({
      server,
      model: new FakeModel(),
      defaults: () => ({}),
      onFault: (fault) => faults.push(fault),
    });
    t.after(() => runs.dispose());
    const run = await runs.start(request(1));
    let heard = 0;
    run.onDidChange(() => {
      throw new Error("mine");
    });
    run.onDidChange(() => heard++);
    server.rpc!.end(run.id);
    await within(run.whenEnded, "the run's end");
    assert.equal(heard, 1);
    assert.match(String(faults[0]), /mine/);
  });

  test("when the server is lost, unfinished items are lost, and the run has ended", async (t) => {
    const { server, runs } = setUp(t);
    const run = await runs.start(request(3));
    server.rpc!.change(run.id, entry(0, "done", { value: encode(1) }), entry(1, "running"));
    await waitFor(() => run.rows[1]!.state === "running");
    await server.lose();
    await within(run.whenEnded, "the run's end");
    assert.deepEqual(states(run), ["done", "lost", "lost"]);
    assert.deepEqual([run.lost, run.ended, run.rows[0]!.value], [true, true, 1]);
    await run.cancel();
    assert.deepEqual(await run.output(0), { lines: [], dropped: 0 });
  });

  test("a run that ended before the server was lost is not lost", async (t) => {
    const { server, runs } = setUp(t);
    const run = await runs.start(request(1));
    server.rpc!.end(run.id);
    await within(run.whenEnded, "the run's end");
    await server.lose();
    assert.equal(run.lost, false);
  });

  test("the next server's runs get handles that no earlier one has", async (t) => {
    const { server, runs } = setUp(t);
    const first = await runs.start(request(1));
    await server.lose();
    const second = await runs.start(request(1));
    assert.notEqual(first.id, second.id);
    assert.deepEqual(runs.all, [first, second]);
  });

  test("a run that the server already has is found with its labels, files and origin", async (t) => {
    const { server, model, runs } = setUp(t);
    const started = await runs.start(
      request(2, {
        items: [
          { value: "/w/a", label: "a", file: "/w/a" },
          { value: { n: 1 }, label: "one", file: "/w/b" },
        ],
        origin: "task",
      }),
    );
    const { spec, info } = server.rpc!.runs.get(started.id)!;
    runs.dispose();

    const again = new RunList({ server, model, defaults: () => ({}), onFault: (fault) => assert.fail(String(fault)) });
    t.after(() => again.dispose());
    const found: [Run, boolean][] = [];
    again.onDidAdd((run, wasFound) => found.push([run, wasFound]));
    server.rpc!.change(started.id, entry(1, "done", { value: encode("x") }));
    model.show(info);
    const [[run, wasFound]] = (await waitFor(() => found.length > 0 && found)) as [[Run, boolean]];
    assert.equal(wasFound, true);
    assert.deepEqual(run.request.items, [
      { value: "/w/a", label: "a", file: "/w/a" },
      { value: { n: 1 }, label: "one", file: "/w/b" },
    ]);
    assert.deepEqual([run.request.origin, run.request.target], ["task", spec.target]);
    await waitFor(() => run.rows[1]!.state === "done");
  });

  for (const [what, meta] of [
    ["none", undefined],
    ["garbage", new Uint8Array([0xc1])],
    ["another program's", encode({ labels: 3 })],
    ["those of other items", encode({ editor: 1, origin: "task", labels: ["x"], files: [null] })],
  ] as const) {
    test(`a run of another program is shown by its values when it has no notes for us: ${what}`, async (t) => {
      const { server, model, runs } = setUp(t);
      const { info } = server
        .connect()
        .add("run:s4.1", ["/w/a.txt", { n: 1 }, "word"], meta === undefined ? {} : { meta });
      model.show(info);
      const run = await waitFor(() => runs.all[0]);
      assert.deepEqual(
        run.request.items.map(({ label, file }) => [label, file]),
        [
          ["/w/a.txt", "/w/a.txt"],
          ['{"n":1}', null],
          ["word", null],
        ],
      );
      assert.equal(run.request.origin, "api");
    });
  }

  test("found runs stand in the order in which they were started, and each is found once", async (t) => {
    const { server, model, runs } = setUp(t);
    const rpc = server.connect();
    const second = rpc.add("run:s4.2", ["b"], {}, { startedAt: 20 });
    const first = rpc.add("run:s4.1", ["a"], {}, { startedAt: 10 });
    model.show(second.info, first.info);
    model.show(second.info, first.info);
    await waitFor(() => runs.all.length === 2);
    model.show(second.info, first.info);
    assert.deepEqual(
      runs.all.map(({ id }) => id),
      ["run:s4.1", "run:s4.2"],
    );
    assert.equal(rpc.asked.filter(({ method }) => method === "run/spec").length, 2);
  });

  test("the server's numbers reach the run", async (t) => {
    const { server, model, runs } = setUp(t);
    const run = await runs.start(request(2));
    const told: number[] = [];
    run.onDidChange(() => told.push(run.info.running));
    model.show({ ...server.rpc!.runs.get(run.id)!.info, running: 2, queued: 0 });
    await waitFor(() => told.length > 0);
    assert.deepEqual(told, [2]);
  });

  test("a run that another client forgot is removed; a run of a lost server stays", async (t) => {
    const { server, model, runs } = setUp(t);
    const run = await runs.start(request(1));
    server.rpc!.end(run.id);
    await within(run.whenEnded, "the run's end");
    model.show(server.rpc!.runs.get(run.id)!.info);
    const kept = await runs.start(request(1));
    model.show(server.rpc!.runs.get(kept.id)!.info);
    assert.deepEqual(runs.all, [kept]);
    model.show(server.rpc!.runs.get(kept.id)!.info);
    await server.lose();
    model.show();
    server.connect();
    model.show();
    assert.deepEqual(runs.all, [kept]);
  });

  test("forget: only ended runs, also when the server has gone", async (t) => {
    const { server, runs } = setUp(t);
    const run = await runs.start(request(1));
    await assert.rejects(runs.forget(run), /still running/);
    server.rpc!.end(run.id);
    await within(run.whenEnded, "the run's end");
    await runs.forget(run);
    assert.deepEqual([runs.all, server.rpc!.runs.size], [[], 0]);
    const lost = await runs.start(request(1));
    await server.lose();
    await runs.forget(lost);
    assert.deepEqual(runs.all, []);
  });

  test("again: all items, or some", async (t) => {
    const { runs } = setUp(t);
    const run = await runs.start(request(3));
    assert.deepEqual((await runs.again(run)).request, { ...run.request, first: run.id });
    assert.deepEqual(
      (await runs.again(run, [2, 0, 99])).request.items.map(({ label }) => label),
      ["2.txt", "0.txt"],
    );
  });

  test("cancel and output ask for the item; the server knows its chunk", async (t) => {
    const { server, runs } = setUp(t);
    const run = await runs.start(request(9, { options: { chunkSize: 4 } }));
    assert.deepEqual((await run.output(6)).lines, [{ stream: "stdout", text: "of 6" }]);
    await run.cancel([3]);
    await run.cancel([]);
    await run.cancel();
    const cancels = server.rpc!.asked.filter(({ method }) => method === "run/cancel").map(({ params }) => params);
    assert.deepEqual(cancels, [{ run: run.id, indexes: [3] }, { run: run.id }]);
  });
});

describe("output of items", () => {
  const line = (job: string, index: number, text: string, more: object = {}) => ({
    process: "process:s1.1",
    pid: 7,
    stream: "stdout" as const,
    line: 0,
    text,
    partial: false,
    task: { job, index },
    ...more,
  });

  test("lines reach their run and item, whole and in order", async (t) => {
    const { server, runs } = setUp(t);
    const [a, b] = [await runs.start(request(3)), await runs.start(request(3))];
    const heard: unknown[] = [];
    for (const [name, run] of [
      ["a", a],
      ["b", b],
    ] as const)
      run.onOutput((index, lines, dropped) =>
        heard.push([name, index, lines.map(({ text }) => text).join("|"), dropped]),
      );
    const [ja, jb] = [a.info.job, b.info.job];
    server.rpc!.notify("events/output", {
      lines: [
        line(ja, 0, "1"),
        line(ja, 0, "2"),
        line(jb, 0, "3"),
        line(ja, 1, "4"),
        line("job:x.1", 0, "5"),
        { ...line(ja, 0, "6"), task: null },
      ],
      dropped: 9,
    });
    assert.deepEqual(heard, [
      ["a", 0, "1|2", 9],
      ["b", 0, "3", 0],
      ["a", 1, "4", 0],
    ]);
    assert.equal(server.rpc!.asked.filter(({ method }) => method === "events/watchOutput").length, 1);
  });

  test("pieces of a long line are joined, and a last line needs no line end", async (t) => {
    const { server, runs } = setUp(t);
    const run = await runs.start(request(3));
    const heard: string[] = [];
    run.onOutput((_, lines) => heard.push(...lines.map(({ text }) => `${text.length}${text.slice(-1)}`)));
    const { job } = run.info;
    const piece = "x".repeat(65_536);
    const send = (...lines: ReturnType<typeof line>[]) => server.rpc!.notify("events/output", { lines, dropped: 0 });
    send(line(job, 0, piece, { partial: true }));
    send(line(job, 0, "other", { stream: "stderr" }), line(job, 0, piece, { partial: true }));
    assert.deepEqual(heard, ["5r"]);
    send(line(job, 0, "end"));
    send(line(job, 0, "last words", { partial: true }));
    assert.deepEqual(heard, ["5r", "131075d", "10s"]);
    for (let i = 0; i < 20; i++) send(line(job, 0, piece, { partial: true }));
    assert.deepEqual(heard.slice(3), ["1048576x"]);
  });

  test("after a new connection output is watched again, once", async (t) => {
    const { server, runs } = setUp(t);
    await runs.start(request(1));
    await server.lose();
    const run = await runs.start(request(1));
    const heard: string[] = [];
    run.onOutput((_, lines) => heard.push(...lines.map(({ text }) => text)));
    server.rpc!.notify("events/output", { lines: [line(run.info.job, 0, "here")], dropped: 0 });
    assert.deepEqual(heard, ["here"]);
    assert.equal(server.rpc!.asked.filter(({ method }) => method === "events/watchOutput").length, 1);
  });
});
