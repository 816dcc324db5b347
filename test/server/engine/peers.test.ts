import { suite, test } from "node:test";
import fc from "fast-check";
import { PolyprocError } from "../../../protocol/errors.js";
import { settle } from "./fake-hosts.js";
import { one, payload, requests, two } from "./peers-requests.js";
import { PeersWorld, type FakeChild } from "./peers-world.js";

/** Duration of the search in milliseconds; set POLYPROC_MODEL_MS for more. */
const budgetMs = Number(process.env["POLYPROC_MODEL_MS"] ?? 6000);

/** A worker host's report on a task: valid, or with one thing wrong. */
const report = fc.record({
  pick: fc.nat(3),
  seqOff: fc.constantFrom(0, 0, 0, 0, 1, -1),
  from: fc.constantFrom("right", "right", "right", 1),
  count: fc.constantFrom("right", "right", "right", 0, 1, 2),
  outcome: fc.oneof(
    { weight: 3, arbitrary: fc.constant({ values: "right" as unknown }) },
    { weight: 1, arbitrary: fc.constant({ error: { code: 1012, message: "boom" } }) },
    { weight: 1, arbitrary: payload.map((values) => ({ values })) },
  ),
  part: fc.boolean(),
  reads: fc.boolean(),
});

const step = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.constantFrom(...Object.keys(requests)).chain((method) =>
      fc.record({
        do: fc.constant("ask" as const),
        client: fc.nat(2),
        method: fc.constant(method),
        params: requests[method]!,
      }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("release" as const),
      client: fc.nat(2),
      handles: fc.array(
        fc.constantFrom(
          ...["lock:@0", "rlock:@0", "condition:@0", "condition:@1", "semaphore:@0", "event:@0", "barrier:@0"],
          ...["queue:@0", "queue:@1", "pipe:@a", "job:own.0", "pool:@0"],
        ),
        {
          maxLength: 2,
        },
      ),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("word" as const),
      client: fc.nat(2),
      lock: fc.constantFrom("lock:@0", "rlock:@0"),
      owner: fc.constantFrom(0, 7),
      what: fc.constantFrom("take", "take", "release", "release", "take and die", "garbage"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("cancel" as const), client: fc.nat(2), pick: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("leave" as const), client: fc.nat(2) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("backlog" as const),
      client: fc.nat(2),
      bytes: fc.constantFrom(0, 2 ** 24),
    }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant("start" as const), child: fc.nat(7), channels: fc.boolean() }) },
  { weight: 10, arbitrary: fc.record({ do: fc.constant("report" as const), child: fc.nat(7), report }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("hostSays" as const),
      child: fc.nat(7),
      method: fc.constantFrom("worker/initialized", "worker/output", "worker/wrote", "worker/part", "nonsense"),
      params: fc.constantFrom<object>(
        {},
        { stream: "stdout", data: Uint8Array.from([0x61, 0x0a]) },
        { error: { code: 1, message: "no" } },
        { seq: -1 },
      ),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("exit" as const),
      child: fc.nat(7),
      order: fc.constantFrom("exit", "connection", "both", "fail"),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("packets" as const),
      child: fc.nat(7),
      what: fc.constantFrom("full", "small", "bogus", "taken"),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("pass" as const), ms: fc.constantFrom(1, 10, 100, 2000, 70_000) }),
  },
  { weight: 5, arbitrary: fc.constant({ do: "turn" as const }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function doReport(child: FakeChild, said: Extract<Step, { do: "report" }>["report"]): void {
  const { given } = child;
  const task = given[said.pick % Math.max(1, given.length)];
  if (!task) return;
  if (said.reads) child.packets.shift();
  const from = said.from === "right" ? (task.from ?? 0) : said.from;
  const count = said.count === "right" ? (task.to ?? task.count) - (task.from ?? 0) : said.count;
  const outcome =
    "values" in said.outcome && said.outcome.values === "right"
      ? { values: Uint8Array.from([0x90 + Math.min(count as number, 15), ...Array<number>(count as number).fill(1)]) }
      : said.outcome;
  const params = { seq: task.seq + said.seqOff, from, count, ...outcome };
  if (said.part) child.speaker!.tell("worker/part", { ...params, next: (from as number) + (count as number) });
  else child.speaker!.tell("worker/result", params);
}

function take(world: PeersWorld, s: Exclude<Step, { do: "turn" }>): void {
  const child =
    "child" in s && world.children.length > 0 ? world.children.at(-1 - (s.child % world.children.length)) : undefined;
  switch (s.do) {
    case "ask": {
      const client = world.client(s.client);
      const named = Object.entries(s.params).map(([key, value]) => [
        key,
        typeof value === "string" ? value.replace(":own.", `:${client.session}.`) : value,
      ]);
      return client.ask(s.method, Object.fromEntries(named.filter(([, value]) => value !== undefined)) as object);
    }
    case "release": {
      const client = world.client(s.client);
      return client.tell("handle/release", {
        handles: s.handles.map((handle) => handle.replace(":own.", `:${client.session}.`)),
      });
    }
    case "word":
      return world.useWord(s);
    case "cancel":
      return world.client(s.client).cancel(s.pick);
    case "leave":
      return world.client(s.client).peer.leave();
    case "backlog": {
      const { peer } = world.client(s.client);
      peer.backlog = s.bytes;
      return s.bytes === 0 ? peer.drain() : undefined;
    }
    case "start":
      child?.start();
      return child?.speaker?.session === ""
        ? child.speaker.ask("worker/ready", {
            protocolVersion: "1.0",
            runtime: "node",
            pid: 1,
            workerChannels: s.channels,
          })
        : undefined;
    case "report":
      return child?.speaker ? doReport(child, s.report) : undefined;
    case "hostSays":
      return child?.speaker?.tell(s.method, s.params);
    case "exit":
      if (s.order === "fail") return child?.fail(new PolyprocError("SpawnFailed", "no"));
      if (s.order !== "connection") child?.exit({ exitCode: 3, signal: null });
      return s.order === "exit" ? undefined : child?.speaker?.peer.leave();
    case "packets":
      if (child && s.what === "full") child.capacity = 0;
      else if (child && s.what === "small") child.capacity = 1;
      else if (s.what === "bogus") child?.packets.unshift(200);
      else child?.packets.splice(0);
      return;
    case "pass":
      return world.clock.advance(s.ms);
  }
}

/**
 * Starting states: empty; locks that two clients may take by their words, while a third follows all changes; a pool
 * with a job, or a run, whose workers are ready.
 */
const beginnings: Record<string, readonly [method: string, params: object, client?: number][]> = {
  nothing: [],
  locks: [
    ["events/subscribe", { topics: ["sync", "deadlock"] }, 2],
    ...[0, 1].flatMap((client): [string, object, number][] => [
      ["lock/attach", {}, client],
      ...["lock:@0", "rlock:@0"].flatMap((lock): [string, object, number][] => [
        ["lock/create", { lock }, client],
        ["lock/acquire", { lock }, client],
        ["lock/release", { lock }, client],
      ]),
    ]),
    ["condition/create", { condition: "condition:@0", lock: "lock:@0" }, 1],
  ],
  job: [
    ["pool/create", { pool: "pool:@0", processes: 2 }],
    [
      "job/create",
      {
        job: "job:own.0",
        pool: "pool:@0",
        target: { module: "/tasks.js", export: "work" },
        mode: "map",
        retries: 1,
        timeoutMs: 50,
      },
    ],
    [
      "job/submit",
      {
        job: "job:own.0",
        tasks: [
          { index: 0, items: one },
          { index: 1, count: 2, items: two },
          { index: 3, items: one },
        ],
      },
    ],
  ],
  run: [
    [
      "run/start",
      {
        run: "run:own.0",
        target: { module: "/tasks.js", export: "work" },
        items: [1, 2, 3, 4, 5].map((n) => Uint8Array.from([n])),
        processes: 2,
        chunkSize: 2,
      },
    ],
  ],
};

async function begin(world: PeersWorld, beginning: string): Promise<void> {
  for (const [method, params, client = 0] of beginnings[beginning]!) take(world, { do: "ask", client, method, params });
  for (let child = 0; child < world.children.length; child++) take(world, { do: "start", child, channels: true });
  await settle();
}

suite("clients and worker hosts that send and die in random order", () => {
  test("no exception escapes, no count is negative, and ended sessions leave nothing, no wait either", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.keys(beginnings)),
        fc.array(step, { minLength: 5, maxLength: 60, size: "max" }),
        async (beginning, steps) => {
          const world = new PeersWorld();
          await begin(world, beginning);
          for (const s of steps) {
            if (s.do === "turn") await settle();
            else take(world, s);
            world.check();
          }
          await settle();
          world.check();
          await world.end();
        },
      ),
      { numRuns: 1_000_000, interruptAfterTimeLimit: budgetMs, markInterruptAsFailure: false },
    );
  });
});
