import { languages } from "./languages.js";
import type { Scenario } from "./scenario.js";

/** Parties that meet again and again. */
export const barrier: Scenario = {
  name: "barrier",
  write(random, { prefix, lengthMs }) {
    const parties = random.int(2, 4);
    const programs = languages(random, parties).map((language) => ({
      language,
      workload: "barrier",
      params: { name: `${prefix}-barrier`, parties, seed: random.bits(), count: random.int(100, 500), lengthMs },
    }));
    return {
      programs,
      check({ endings }) {
        const faults: string[] = [];
        const rounds = new Map<number, number[]>();
        for (const { op, round, index } of endings.flatMap(({ records }) => records)) {
          if (op !== "wait") continue;
          const indexes = rounds.get(round as number) ?? [];
          rounds.set(round as number, [...indexes, index as number]);
        }
        for (const [round, indexes] of rounds) {
          if (new Set(indexes).size < indexes.length || indexes.some((index) => index < 0 || index >= parties)) {
            faults.push(`in round ${round} the ${parties} parties of a barrier got the numbers ${indexes.join()}`);
          }
        }
        return faults;
      },
    };
  },
};

/** Programs that set, clear and wait for an event. That none of them hangs or fails is the point. */
export const event: Scenario = {
  name: "event",
  write: (random, { prefix, lengthMs }) => ({
    programs: languages(random, random.int(2, 3)).map((language) => ({
      language,
      workload: "event",
      params: { name: `${prefix}-event`, seed: random.bits(), count: 300, lengthMs },
    })),
    check: () => [],
  }),
};

/** A buffer of one place that a condition guards. */
export const condition: Scenario = {
  name: "condition",
  write: (random, { prefix, lengthMs }) => ({
    programs: languages(random, random.int(2, 4)).map((language, i) => ({
      language,
      workload: "condition",
      params: {
        name: `${prefix}-condition`,
        role: i % 2 === 0 ? "producer" : "consumer",
        seed: random.bits(),
        count: random.int(50, 300),
        lengthMs,
      },
    })),
    check({ endings }) {
      const records = endings.flatMap((ending) => ending.records);
      const put = new Set(records.filter(({ op }) => op === "put?").map(({ item }) => item));
      const got = records.filter(({ op }) => op === "get").map(({ item }) => item);
      const faults = got
        .filter((item) => !put.has(item))
        .map((item) => `${item} was taken from a place where no program put it`);
      if (new Set(got).size < got.length) faults.push("an item was taken twice from a place that a condition guards");
      return faults;
    },
  }),
};
