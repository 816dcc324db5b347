import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { ProgressReports } from "../../../../bindings/typescript/host/progress-reports.js";
import type { Progress } from "../../../../protocol/progress.js";
import { waitFor } from "../../../deadline.js";

type Sent = Progress & { item: number };

function reports(): { sent: Sent[]; reports: ProgressReports } {
  const sent: Sent[] = [];
  return { sent, reports: new ProgressReports((progress, item) => sent.push({ ...progress, item })) };
}

test("a few reports are sent at once; of a flood some ten a second, and the last one", async () => {
  let now = 0;
  const clock = mock.method(performance, "now", () => now);
  const { sent, reports: to } = reports();
  for (let i = 0; i < 5; i++) to.report({ fraction: i / 10, text: "loading" }, 0);
  assert.equal(sent.length, 5);
  for (let i = 1; i <= 10_000; i++) {
    now = i / 10;
    to.report({ fraction: i / 10_000 }, 0);
  }
  assert.ok(sent.length >= 15 && sent.length <= 20, `${sent.length} in a second`);
  clock.mock.restore();
  await waitFor(() => sent.at(-1)!.fraction === 1, { what: "the last report" });
  assert.deepEqual(sent.at(-1), { fraction: 1, text: "loading", item: 0 });
});

test("the next item does not inherit the report of the one before", () => {
  const { sent, reports: to } = reports();
  to.report({ fraction: 0.5, text: "first" }, 0);
  to.clear();
  to.report({ fraction: 0.1 }, 1);
  to.report({ text: "x".repeat(500) }, 1);
  to.report({ fraction: null, text: null }, 1);
  assert.deepEqual(sent.slice(1), [
    { fraction: 0.1, text: "", item: 1 },
    { fraction: 0.1, text: "x".repeat(200), item: 1 },
    { fraction: null, text: "", item: 1 },
  ]);
});

test("a wrong report names what is wrong", () => {
  const { sent, reports: to } = reports();
  for (const fraction of [50, -0.1, NaN, Infinity])
    assert.throws(() => to.report({ fraction }, 0), {
      name: "RangeError",
      message: `report: fraction must be from 0 to 1; got ${fraction}. Divide the part that is done by the whole`,
    });
  assert.throws(() => to.report({ fraction: "0.5" as never }, 0), { name: "TypeError", message: /got "0.5"/ });
  assert.throws(() => to.report({ text: 7 as never }, 0), { name: "TypeError", message: /text must be a string/ });
  assert.throws(() => to.report(0.5 as never, 0), { name: "TypeError", message: /got number/ });
  assert.equal(sent.length, 0);
});
