import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { Deque } from "../../../server/engine/deque.js";
import { LinkedList, type Link } from "../../../server/engine/linked-list.js";

suite("a deque", () => {
  test("behaves like an array under random operations", () => {
    const step = fc.oneof(
      { weight: 30, arbitrary: fc.constant("push" as const) },
      { weight: 20, arbitrary: fc.constant("shift" as const) },
      { weight: 10, arbitrary: fc.constant("unshift" as const) },
      { weight: 10, arbitrary: fc.constant("remove" as const) },
      { weight: 1, arbitrary: fc.constant("clear" as const) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const deque = new Deque<number>();
        const model: number[] = [];
        steps.forEach((name, i) => {
          switch (name) {
            case "push":
              deque.push(i);
              model.push(i);
              break;
            case "unshift":
              deque.unshift(i);
              model.unshift(i);
              break;
            case "shift":
              assert.equal(deque.shift(), model.shift());
              break;
            case "clear":
              deque.clear();
              model.length = 0;
              break;
            case "remove": {
              const wanted = model[i % (model.length + 1)] ?? -1;
              assert.equal(deque.remove(wanted), model.includes(wanted));
              if (model.includes(wanted)) model.splice(model.indexOf(wanted), 1);
              break;
            }
          }
          assert.equal(deque.length, model.length);
          assert.equal(deque.peek(), model[0]);
        });
        assert.deepEqual([...deque], model);
      }),
    );
  });

  test("keeps its order while it grows and shrinks by a hundred thousand items", () => {
    const deque = new Deque<number>();
    for (let i = 0; i < 100_000; i++) deque.push(i);
    for (let i = 0; i < 100_000; i++) assert.equal(deque.shift(), i);
    assert.equal(deque.shift(), undefined);
  });
});

suite("a linked list", () => {
  test("keeps the order of the remaining values when others are removed", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1, max: 50 }), { maxLength: 200 }), (steps) => {
        const list = new LinkedList<number>();
        const links: Link<number>[] = [];
        let model: number[] = [];
        for (const [i, step] of steps.entries()) {
          if (step < 0) assert.equal(list.shift(), model.shift());
          else if (step < 25) {
            links.push(list.push(i));
            model.push(i);
          } else {
            const link = links[step % Math.max(1, links.length)];
            if (!link) continue;
            assert.equal(list.remove(link), model.includes(link.value));
            model = model.filter((value) => value !== link.value);
          }
          assert.equal(list.length, model.length);
          assert.equal(list.first, model[0]);
        }
        assert.deepEqual([...list], model);
        assert.deepEqual(
          [...list.links()].map((link) => link.value),
          model,
        );
      }),
    );
  });
});
