import assert from "node:assert/strict";
import { test } from "node:test";
import { Budget } from "../../../../server/engine/budget.js";
import { Guard } from "../../../../server/engine/guard.js";
import { TailBuffer } from "../../../../server/engine/processes/tail-buffer.js";
import { FakeClock } from "../fake-clock.js";

const budget = (maxBytes = 64 << 20) =>
  new Budget(
    maxBytes,
    new Guard(new FakeClock(), (error) => {
      throw error;
    }),
  );

test("the last bytes are kept, in whatever pieces they came", () => {
  for (const size of [1, 7, 1000, 16 * 1024, 100_000]) {
    const tail = new TailBuffer(50_000, budget().server);
    const text = Array.from({ length: 30_000 }, (_, i) => `${i} `).join("");
    for (let at = 0; at < text.length; at += size) tail.push(Buffer.from(text.slice(at, at + size)));
    assert.equal(tail.text(), text.slice(-50_000), `in pieces of ${size}`);
    assert.ok(tail.truncated);
  }
});

test("output that fits is complete", () => {
  const tail = new TailBuffer(10, budget().server);
  tail.push(Buffer.from("häß"));
  tail.push(Buffer.from("12345"));
  assert.deepEqual([tail.text(), tail.truncated], ["häß12345", false]);
  assert.deepEqual([new TailBuffer(10, budget().server).text()], [""]);
});

test("output byte by byte costs its size in the budget, and all of it is released", () => {
  const { server } = budget();
  const tail = new TailBuffer(1 << 20, server);
  for (let i = 0; i < 200_000; i++) tail.push(Buffer.from("x"));
  assert.ok(server.bytes < 200_000 + 32 * 1024, `${server.bytes} bytes`);
  tail.clear();
  assert.equal(server.bytes, 0);
});

test("with little memory less is kept, and the result says so", () => {
  const short = budget(4 << 20);
  short.server.charge(3.5 * (1 << 20));
  const tail = new TailBuffer(1 << 20, short.server);
  tail.push(Buffer.alloc(500_000, "x"));
  tail.push(Buffer.from("end"));
  assert.ok(tail.truncated);
  assert.ok(tail.text().length < 100_000);
  assert.match(tail.text(), /xend$/);
});
