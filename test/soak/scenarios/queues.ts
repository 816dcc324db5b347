import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Client, JoinableQueue, Queue } from "polyproc";
import { checkHistory } from "../linearizability/checker.js";
import { queueModel, type QueueInput, type QueueOutput } from "../linearizability/models.js";
import { itemOf, pill } from "../programs/queues.js";
import { historyOf } from "./history.js";
import { languages } from "./languages.js";
import type { Play, Scenario, Story } from "./scenario.js";

interface Kind {
  maxSize: number;
  joinable: boolean;
  loops: boolean;
}

/** Several producers, several consumers. */
export const queue: Scenario = {
  name: "queue",
  write(random, { folder, prefix, lengthMs }): Play {
    const kind: Kind = { maxSize: random.pick([0, 1, 3, 20]), joinable: random.chance(0.3), loops: random.chance(0.5) };
    const name = `${prefix}-queue`;
    const endedFile = join(folder, `${name}.ended`);
    const itemBytes = random.pick([0, 0, 100, 20_000]);
    const plan = (role: string) => (language: "typescript" | "python") => ({
      language,
      workload: "queue",
      params: { ...kind, name, role, endedFile, itemBytes, seed: random.bits(), count: random.int(50, 600), lengthMs },
    });
    const programs = [
      ...languages(random, random.int(1, 3)).map(plan("producer")),
      ...languages(random, random.int(1, 3)).map(plan("consumer")),
    ];
    let kept: Queue<string>;
    const left: string[] = [];
    let joined: boolean | null = null;
    const takeAll = async () => {
      while (!(await kept.empty())) {
        left.push(itemOf(await kept.get({ block: false })));
        if (kind.joinable) await (kept as JoinableQueue).taskDone();
      }
    };
    return {
      programs,
      async prepare(client: Client) {
        const options = { name, maxSize: kind.maxSize };
        kept = kind.joinable ? new client.JoinableQueue<string>(options) : new client.Queue<string>(options);
        await kept.size();
      },
      producersEnded: () => writeFileSync(endedFile, ""),
      async tend(roles) {
        // Producers would wait for ever once every consumer was killed. One that was may have taken its pill along.
        if (!roles.has("consumer")) await takeAll();
        else if (!roles.has("producer") && kind.loops && (await kept.empty())) await kept.put(pill);
      },
      async drain() {
        await takeAll();
        if (kind.joinable)
          joined = await (kept as JoinableQueue).join({ timeoutMs: 1000 }).then(
            () => true,
            () => false,
          );
      },
      check: (story) => check(kind, story, left, joined),
    };
  },
};

function check(kind: Kind, story: Story, left: readonly string[], joined: boolean | null): string[] {
  const faults: string[] = [];
  const records = story.endings.flatMap((ending) => ending.records);
  const itemsOf = (op: string) =>
    records.filter((record) => record.op === op && typeof record["item"] === "string" && record["item"] !== pill);
  const begun = new Set(itemsOf("put?").map(({ item }) => item as string));
  const stored = new Set(
    itemsOf("put")
      .filter((record) => record["stored"])
      .map(({ item }) => item as string),
  );
  const refused = new Set(
    itemsOf("put")
      .filter((record) => !record["stored"])
      .map(({ item }) => item as string),
  );
  const arrived = new Set<string>();
  for (const item of [
    ...itemsOf("get").map((record) => record["item"] as string),
    ...left.filter((item) => item !== pill),
  ]) {
    if (!begun.has(item)) faults.push(`no program put the item ${item}, and yet it came out of the queue`);
    if (refused.has(item)) faults.push(`the queue refused ${item} and yet it came out`);
    if (arrived.has(item)) faults.push(`the item ${item} came out of the queue twice`);
    arrived.add(item);
  }
  if (story.serverEndedAt !== null) return faults;
  const lost = [...stored].filter((item) => !arrived.has(item));
  const killed = story.endings.filter(
    ({ params, pid }) =>
      params["role"] === "consumer" && story.hits.some((hit) => hit.pid === pid && hit.blow !== "STOP"),
  );
  if (lost.length > killed.length)
    faults.push(`${lost.length} items were lost (${lost.slice(0, 10).join()}) with ${killed.length} killed consumers`);
  if (joined === false && story.undisturbed)
    faults.push("join did not resolve though every item was taken and dealt with");
  if (!kind.loops && story.undisturbed && story.endings.every(({ language }) => language === "typescript"))
    faults.push(...checkOrder(kind, story, left));
  return faults;
}

function checkOrder(kind: Kind, story: Story, left: readonly string[]): string[] {
  const history = historyOf<QueueInput, QueueOutput>(story, {
    put: ({ item, stored }) => ({ input: { put: item as string }, output: stored as boolean }),
    get: ({ item }) => ({ input: "get", output: item as string | null }),
  });
  if (left.length > 0) return [];
  const verdict = checkHistory(queueModel(kind.maxSize), history);
  return verdict.kind === "violation"
    ? [`the queue's history is not linearizable; at no moment fit ${JSON.stringify(verdict.stuck)}`]
    : [];
}
