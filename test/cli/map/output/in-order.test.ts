import assert from "node:assert/strict";
import { test } from "node:test";
import { InOrder } from "../../../../cli/map/output/in-order.js";

test("outcomes that arrive early are kept, and their bytes are counted", () => {
  const passed: string[] = [];
  const order = new InOrder<string>((thing) => void passed.push(thing));
  order.add(2, "c", 10);
  order.add(1, "b", 5);
  assert.deepEqual([passed, order.keptBytes, order.next], [[], 15, 0]);
  order.add(0, "a", 1);
  assert.deepEqual([passed, order.keptBytes, order.next], [["a", "b", "c"], 0, 3]);
  order.add(3, "d", 1);
  assert.equal(passed.at(-1), "d");
});
