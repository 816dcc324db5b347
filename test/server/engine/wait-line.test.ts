import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { PolyprocError } from "../../../protocol/errors.js";
import { WaitLine } from "../../../server/engine/wait-line.js";
import { FakeWorld } from "./fake-engine.js";

function setUp() {
  const world = new FakeWorld();
  const left: string[] = [];
  const line = new WaitLine<number, string>(({ details }) => left.push(details));
  const add = (details: string, timeoutMs?: number) => line.add(world.session(), details, { timeoutMs });
  const inLine = () => Array.from(line, ({ details }) => details);
  return { world, left, line, add, inLine };
}

suite("a line of waits", () => {
  test("is left by a wait that times out, is cancelled, or loses its session, wherever it stands", () => {
    const { world, left, line, add, inLine } = setUp();
    add("a", 10);
    const b = add("b");
    const c = add("c");
    add("d");
    world.clock.advance(10);
    c.wait.cancel(new PolyprocError("Cancelled", "no"));
    b.wait.session.end(true);
    assert.deepEqual(left, ["a", "c", "b"]);
    assert.deepEqual(inLine(), ["d"]);
    assert.equal(line.length, 1);
  });

  test("does not report waiters that its owner takes out", () => {
    const { left, line, add } = setUp();
    const [a, b] = [add("a"), add("b")];
    assert.equal(line.shift(), a);
    assert.ok(line.remove(b));
    assert.ok(!line.remove(b));
    for (const { wait } of [a, b]) wait.session.end(true);
    assert.deepEqual(left, []);
    assert.equal(line.first, undefined);
  });

  test("gives its first waiters to a line of their own, which they then leave", () => {
    const { left, line, add, inLine } = setUp();
    const [a] = [add("a"), add("b"), add("c")];
    const taken = line.takeFirst(2);
    assert.ok(!line.remove(a));
    a.wait.session.end(true);
    assert.deepEqual(left, ["a"]);
    assert.deepEqual(
      Array.from(taken, ({ details }) => details),
      ["b"],
    );
    assert.deepEqual(inLine(), ["c"]);
    assert.equal(line.takeFirst(5).length, 1);
  });
});
