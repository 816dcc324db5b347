import { languages } from "./languages.js";
import type { Scenario } from "./scenario.js";

/** Pipes between programs and their children. */
export const pipe: Scenario = {
  name: "pipe",
  write: (random, { lengthMs }) => ({
    programs: languages(random, random.int(1, 2)).map((language) => ({
      language, workload: "pipe", isPrivate: random.chance(0.25), params: { seed: random.bits(), count: random.int(2, 15), lengthMs },
    })),
    check({ endings, undisturbed }) {
      const faults: string[] = [];
      for (const { records } of endings) {
        for (const record of records) {
          const { op, count, child, exitCode } = record;
          if (op === "stream") {
            const sent = records.filter((one) => one.op === "sent" && one.pid === child).length;
            const received = record["received"] as number;
            if (exitCode === 0 && received < sent) faults.push(`${received} of ${sent} items came through a pipe whose sender ended in order`);
            if (undisturbed && (received !== count || exitCode !== 0)) faults.push(`${received} of ${String(count)} items came through a pipe; its sender ended with ${String(exitCode)}`);
          }
          if (op === "exchange" && undisturbed && (record["back"] !== count || exitCode !== 0)) {
            faults.push(`${String(record["back"])} of ${String(count)} items came back; the child ended with ${String(exitCode)}`);
          }
        }
      }
      return faults;
    },
  }),
};

/** Children of children. */
export const tree: Scenario = {
  name: "tree",
  write: (random, { lengthMs }) => ({
    programs: languages(random, random.int(1, 2)).map((language) => ({
      language, workload: "tree", isPrivate: random.chance(0.25), params: { seed: random.bits(), count: random.int(1, 4), lengthMs },
    })),
    check({ endings, undisturbed }) {
      if (!undisturbed) return [];
      return endings.flatMap(({ records }) => records
        .filter(({ op, ends, exitCode }) => op === "tree" && ends === "join" && exitCode !== 0)
        .map(({ exitCode }) => `a tree of processes ended with ${String(exitCode)}`));
    },
  }),
};

/** A manager's values, changed by several children under a lock. */
export const manager: Scenario = {
  name: "manager",
  write: (random, { lengthMs }) => ({
    programs: [{ language: "python", workload: "manager", isPrivate: random.chance(0.25), params: { seed: random.bits(), count: random.int(1, 3), lengthMs } }],
    check({ endings, undisturbed }) {
      if (!undisturbed) return [];
      return endings.flatMap(({ records }) => records
        .filter(({ op, sum, times }) => op === "manager" && sum !== 2 * (times as number))
        .map(({ sum, times, exitCodes }) => `two children added ${String(times)} each and the sum is ${String(sum)}; they ended with ${String(exitCodes)}`));
    },
  }),
};
