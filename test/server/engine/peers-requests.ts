import fc from "fast-check";

const small = fc.nat(2);
const timeoutMs = fc.constantFrom(undefined, null, 0, 5, 50);
export const one = Uint8Array.from([0x91, 0x01]);
export const two = Uint8Array.from([0x92, 0x01, 0x02]);
export const payload = fc.constantFrom<unknown>(
  one,
  two,
  new Uint8Array(),
  Uint8Array.from([0x01]),
  [one, ["lock:@0"]],
  [one, ["queue:@0"]],
  [one, ["lock:s9.9"]],
  [two, ["pipe:@a"]],
  "no payload",
);
const item = fc.constantFrom<unknown>(
  Uint8Array.from([1]),
  [Uint8Array.from([1]), ["lock:@0"]],
  [Uint8Array.from([1]), ["lock:s9.9"]],
  [Uint8Array.from([1]), ["pipe:@b"]],
);
const target = fc.constantFrom<object>(
  { module: "/tasks.js", export: "work" },
  { module: "/tasks.js", export: "other" },
  { command: "true" },
  { module: "/tasks.txt", export: "x" },
);
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

const lock = fc.constantFrom("lock:@0", "rlock:@0");
const condition = fc.constantFrom("condition:@0", "condition:@1");
const queue = fc.constantFrom("queue:@0", "queue:@1");
/** The last one has no number, so a word cannot name it. */
const owner = fc.constantFrom("", "p7", "t7");

/** Parameters by method; `own` stands for the session's prefix. */
export const requests: Record<string, fc.Arbitrary<object>> = {
  "pool/create": fc.record({
    pool: small.map((n) => `pool:@${n}`),
    processes: fc.integer({ min: 1, max: 2 }),
    maxTasksPerChild: optional(fc.constant(1)),
    daemon: optional(fc.boolean()),
    initializer: optional(target),
    initargs: optional(payload),
    minProcesses: optional(fc.nat(2)),
    idleTimeoutMs: optional(fc.constant(100)),
  }),
  "pool/close": fc.record({ pool: small.map((n) => `pool:@${n}`) }),
  "pool/terminate": fc.record({ pool: small.map((n) => `pool:@${n}`) }),
  "pool/join": fc.record({ pool: small.map((n) => `pool:@${n}`), timeoutMs }),
  "pool/map": fc.record({
    pool: optional(small.map((n) => `pool:@${n}`)),
    target,
    items: fc.array(item, { maxLength: 3 }),
    retries: optional(fc.nat(1)),
    timeoutMs,
  }),
  "job/create": fc.record({
    job: small.map((n) => `job:own.${n}`),
    pool: small.map((n) => `pool:@${n}`),
    target,
    mode: fc.constantFrom("map", "apply", "starmap"),
    retries: optional(fc.nat(1)),
    timeoutMs,
    graceMs: timeoutMs,
  }),
  "job/submit": fc.record({
    job: small.map((n) => `job:own.${n}`),
    cast: optional(fc.boolean()),
    tasks: fc.array(fc.record({ index: fc.nat(4), count: optional(fc.integer({ min: 1, max: 2 })), items: payload }), {
      maxLength: 4,
    }),
  }),
  "job/cancel": fc.record({
    job: small.map((n) => `job:own.${n}`),
    indexes: optional(fc.array(fc.nat(4), { maxLength: 2 })),
    waiting: optional(fc.boolean()),
    graceMs: timeoutMs,
  }),
  "job/wait": fc.record({ job: small.map((n) => `job:own.${n}`), timeoutMs }),
  "job/watch": fc.record({ job: small.map((n) => `job:own.${n}`) }),
  "run/start": fc.record({
    run: small.map((n) => `run:own.${n}`),
    target,
    items: fc.array(item, { maxLength: 4 }),
    processes: fc.integer({ min: 1, max: 2 }),
    chunkSize: optional(fc.integer({ min: 1, max: 3 })),
    retries: optional(fc.nat(1)),
    timeoutMs,
    graceMs: timeoutMs,
    halt: optional(fc.record({ failures: fc.constant(1), now: fc.boolean() })),
    maxResultBytes: optional(fc.constant(200)),
  }),
  "run/cancel": fc.record({
    run: small.map((n) => `run:own.${n}`),
    indexes: optional(fc.array(fc.nat(4), { maxLength: 2 })),
    waiting: optional(fc.boolean()),
  }),
  "run/read": fc.record({ run: small.map((n) => `run:own.${n}`), since: fc.nat(3), timeoutMs }),
  "run/wait": fc.record({ run: small.map((n) => `run:own.${n}`), timeoutMs }),
  "run/forget": fc.record({ run: small.map((n) => `run:own.${n}`) }),
  "process/start": fc.record({
    process: small.map((n) => `process:own.${n}`),
    target,
    args: optional(payload),
    daemon: optional(fc.boolean()),
  }),
  "process/join": fc.record({ process: small.map((n) => `process:own.${n}`), timeoutMs }),
  "process/kill": fc.record({ process: small.map((n) => `process:own.${n}`) }),
  "lock/attach": fc.constant({}),
  "lock/create": fc.record({ lock }),
  "lock/acquire": fc.record({ lock, owner, timeoutMs }),
  "lock/release": fc.record({ lock, owner }),
  "lock/status": fc.record({ lock }),
  "semaphore/create": fc.record({ semaphore: fc.constant("semaphore:@0"), value: fc.nat(2), bounded: fc.boolean() }),
  "semaphore/acquire": fc.record({ semaphore: fc.constant("semaphore:@0"), owner, timeoutMs }),
  "semaphore/release": fc.record({ semaphore: fc.constant("semaphore:@0"), owner, n: optional(fc.constant(2)) }),
  "event/create": fc.constant({ event: "event:@0" }),
  "event/set": fc.constant({ event: "event:@0" }),
  "event/clear": fc.constant({ event: "event:@0" }),
  "event/wait": fc.record({ event: fc.constant("event:@0"), timeoutMs }),
  "condition/create": fc.record({ condition, lock }),
  "condition/wait": fc.record({ condition, owner, timeoutMs }),
  "condition/notify": fc.record({ condition, owner, n: optional(fc.constant(null)) }),
  "barrier/create": fc.constant({ barrier: "barrier:@0", parties: 2, hasAction: true }),
  "barrier/wait": fc.record({ barrier: fc.constant("barrier:@0"), timeoutMs }),
  "barrier/actionDone": fc.record({ barrier: fc.constant("barrier:@0"), ok: fc.boolean() }),
  "barrier/reset": fc.constant({ barrier: "barrier:@0" }),
  "barrier/abort": fc.constant({ barrier: "barrier:@0" }),
  "queue/create": fc.record({ queue, maxSize: fc.constant(2), joinable: optional(fc.boolean()) }),
  "queue/put": fc.record({
    queue: queue,
    items: fc.array(payload, { minLength: 1, maxLength: 3 }),
    timeoutMs,
  }),
  "queue/get": fc.record({ queue: queue, max: fc.integer({ min: 1, max: 3 }), timeoutMs }),
  "queue/taskDone": fc.record({ queue }),
  "queue/join": fc.record({ queue, timeoutMs }),
  "queue/close": fc.record({ queue }),
  "pipe/create": fc.constant({ first: "pipe:@a", second: "pipe:@b" }),
  "pipe/send": fc.record({
    end: fc.constantFrom("pipe:@a", "pipe:@b"),
    item: payload,
    timeoutMs,
    cast: optional(fc.boolean()),
  }),
  "pipe/recv": fc.record({ end: fc.constantFrom("pipe:@a", "pipe:@b"), timeoutMs }),
  "pipe/close": fc.record({ end: fc.constantFrom("pipe:@a", "pipe:@b") }),
  "handle/retain": fc.record({
    handle: fc.constantFrom("lock:@0", "rlock:@0", "condition:@0", "queue:@0", "pipe:@a", "pipe:@b", "pool:@0"),
  }),
  "events/subscribe": fc.constant({ topics: ["pool", "run", "task", "process", "sync", "session", "deadlock"] }),
  "output/watch": fc.record({ scope: fc.constantFrom("own", "all"), lossless: fc.boolean() }),
  shutdown: fc.constant({}),
};
