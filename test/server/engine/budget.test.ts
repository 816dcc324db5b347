import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { PolyprocError } from "../../../protocol/errors.js";
import { Budget } from "../../../server/engine/budget.js";
import { Guard } from "../../../server/engine/guard.js";
import { FakeClock } from "./fake-clock.js";

const guard = () =>
  new Guard(new FakeClock(), (error) => {
    throw error;
  });

const turn = () => new Promise((resolve) => setImmediate(resolve));

suite("the memory budget", () => {
  test("grants and charges room at once while there is some", () => {
    const budget = new Budget(100, guard());
    let granted = 0;
    budget.whenRoom(60, () => granted++);
    assert.equal(granted, 1);
    assert.equal(budget.usedBytes, 60);
    assert.ok(budget.hasRoom(40));
    assert.ok(!budget.hasRoom(41));
  });

  test("grants in the order of the calls: a small request does not overtake a large one", async () => {
    const budget = new Budget(100, guard());
    budget.charge(100);
    const granted: string[] = [];
    budget.whenRoom(80, () => granted.push("large"));
    budget.whenRoom(10, () => granted.push("small"));
    budget.release(50);
    await turn();
    assert.deepEqual(granted, []);
    budget.release(40);
    await turn();
    assert.deepEqual(granted, ["large", "small"]);
    assert.equal(budget.usedBytes, 100);
  });

  test("calls no listener inside release", async () => {
    const budget = new Budget(100, guard());
    budget.charge(100);
    let granted = false;
    budget.whenRoom(50, () => (granted = true));
    budget.release(50);
    assert.ok(!granted);
    await turn();
    assert.ok(granted);
  });

  test("a caller that cancels is not charged, and does not block the next one", async () => {
    const budget = new Budget(100, guard());
    budget.charge(90);
    const leave = budget.whenRoom(50, () => assert.fail("it has left"));
    let granted = false;
    budget.whenRoom(10, () => (granted = true));
    leave();
    leave();
    await turn();
    assert.ok(granted);
    assert.equal(budget.usedBytes, 100);
  });

  test("refuses at once more bytes than the server may ever hold", () => {
    const budget = new Budget(100, guard());
    assert.throws(
      () => budget.whenRoom(101, () => {}),
      (error) =>
        error instanceof PolyprocError && error.codeName === "PayloadTooLarge" && error.data["maxMemoryBytes"] === 100,
    );
  });
});
