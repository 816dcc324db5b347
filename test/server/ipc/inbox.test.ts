import assert from "node:assert/strict";
import { test } from "node:test";
import { Inbox } from "../../../server/ipc/inbox.js";
import { waitFor } from "../../deadline.js";

/** As a request does that costs the server some milliseconds. */
function busy(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

const body = (number: number) => ({ buffer: Buffer.alloc(0), start: 0, end: 0, before: number });

/** One that remembers what it handled, and when it was waiting. */
function inbox(handle: (number: number) => void = () => {}) {
  const handled: number[] = [];
  const failures: unknown[] = [];
  const waited: boolean[] = [];
  const box: Inbox = new Inbox(
    ({ before }) => {
      handle(before);
      handled.push(before);
    },
    (error) => failures.push(error),
    () => waited.push(box.next !== undefined),
  );
  return { box, handled, failures, waited };
}

test("two connections whose messages take long take turns, each in its order", async () => {
  const order: string[] = [];
  const boxes = ["a", "b"].map(
    (name) =>
      inbox((number) => {
        busy(3);
        order.push(`${name}${number}`);
      }).box,
  );
  for (const box of boxes) for (let i = 0; i < 10; i++) box.take(body(i));
  await waitFor(() => order.length === 20);
  for (const name of ["a", "b"])
    assert.deepEqual(
      order.filter((entry) => entry.startsWith(name)),
      Array.from({ length: 10 }, (_, i) => `${name}${i}`),
    );
  const halfway = order.slice(0, 12);
  assert.ok(halfway.filter((entry) => entry.startsWith("b")).length >= 4, order.join(" "));
});

test("reading pauses while messages wait", async () => {
  const { box, handled, waited } = inbox(() => busy(5));
  box.take(body(0));
  assert.deepEqual(waited, []);
  box.take(body(1));
  box.take(body(2));
  assert.deepEqual([handled, waited], [[0], [true]]);
  assert.equal(box.next?.before, 1);
  await waitFor(() => handled.length === 3 && waited.length === 2);
  assert.deepEqual(waited, [true, false]);
});

test("when the peer ends the connection all messages are handled; after a close, none", async () => {
  const ended = inbox(() => busy(5));
  const closed = inbox(() => busy(5));
  for (const { box } of [ended, closed]) for (let i = 0; i < 4; i++) box.take(body(i));
  ended.box.drain();
  assert.deepEqual(ended.handled, [0, 1, 2, 3]);
  closed.box.clear();
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([ended.handled.length, closed.handled], [4, [0]]);
});

test("a message that fails in a later turn ends the connection, and those behind it are not handled", async () => {
  const { box, handled, failures } = inbox((number) => {
    busy(5);
    if (number === 1) throw new Error("bad");
  });
  for (let i = 0; i < 4; i++) box.take(body(i));
  await waitFor(() => failures.length === 1);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(handled, [0]);
});
