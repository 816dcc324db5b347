import type { LogRecord } from "../log.js";
import { languages } from "./languages.js";
import type { Scenario } from "./scenario.js";

/** Pipes between programs and their children. */
export const pipe: Scenario = {
  name: "pipe",
  write: (random, { lengthMs }) => ({
    programs: languages(random, random.int(1, 2)).map((language) => ({
      language,
      workload: "pipe",
      isPrivate: random.chance(0.25),
      params: { seed: random.bits(), count: random.int(2, 15), lengthMs },
    })),
    check({ endings, undisturbed }) {
      const faults: string[] = [];
      for (const { records } of endings) {
        for (const record of records) {
          const { op, count, child, exitCode } = record;
          if (op === "stream") {
            const sent = records.filter((one) => one.op === "sent" && one.pid === child).length;
            const received = record["received"] as number;
            if (exitCode === 0 && received < sent)
              faults.push(`${received} of ${sent} items came through a pipe whose sender ended in order`);
            if (undisturbed && (received !== count || exitCode !== 0))
              faults.push(
                `${received} of ${String(count)} items came through a pipe; its sender ended with ${String(exitCode)}`,
              );
          }
          if (op === "shared")
            faults.push(...checkShared(record["children"] as number[], record["exitCodes"] as number[], records));
          if (op === "exchange" && undisturbed && (record["back"] !== count || exitCode !== 0)) {
            faults.push(
              `${String(record["back"])} of ${String(count)} items came back; the child ended with ${String(exitCode)}`,
            );
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
      language,
      workload: "tree",
      isPrivate: random.chance(0.25),
      params: { seed: random.bits(), count: random.int(1, 4), lengthMs },
    })),
    check({ endings, undisturbed }) {
      if (!undisturbed) return [];
      return endings.flatMap(({ records }) =>
        records
          .filter(({ op, ends, exitCode }) => op === "tree" && ends === "join" && exitCode !== 0)
          .map(({ exitCode }) => `a tree of processes ended with ${String(exitCode)}`),
      );
    },
  }),
};

/** A manager's values, changed by several children under a lock. */
export const manager: Scenario = {
  name: "manager",
  write: (random, { lengthMs }) => ({
    programs: [
      {
        language: "python",
        workload: "manager",
        isPrivate: random.chance(0.25),
        params: { seed: random.bits(), count: random.int(1, 3), lengthMs },
      },
    ],
    check({ endings, undisturbed }) {
      if (!undisturbed) return [];
      return endings.flatMap(({ records }) =>
        records
          .filter(({ op, sum, times }) => op === "manager" && sum !== 2 * (times as number))
          .map(
            ({ sum, times, exitCodes }) =>
              `two children added ${String(times)} each and the sum is ${String(sum)}; ` +
              `they ended with ${String(exitCodes)}`,
          ),
      );
    },
  }),
};

/**
 * Of an end that several send through and an end that several receive from: items that came more than once, from
 * nowhere, or not at all.
 */
function checkShared(
  children: readonly number[],
  exitCodes: readonly number[],
  records: readonly LogRecord[],
): string[] {
  const own = records.filter(({ pid }) => children.includes(pid));
  const itemsOf = (op: string) => own.filter((record) => record.op === op).map((record) => record["item"] as string);
  const begun = new Set(itemsOf("sent?"));
  const received = itemsOf("received");
  const faults = received
    .filter((item) => !begun.has(item))
    .map((item) => `no program sent ${item}, and yet it came out of a pipe`);
  if (new Set(received).size < received.length)
    faults.push(`items came twice out of a pipe: ${received.filter((item, i) => received.indexOf(item) !== i).join()}`);
  const lost = itemsOf("sentAlong").filter((item) => !received.includes(item));
  if (lost.length > 0 && exitCodes.every((code) => code === 0) && own.every(({ op }) => op !== "error")) {
    faults.push(
      `${lost.length} items got lost in a pipe that several share, though all of them ended in order: ` +
        `${lost.slice(0, 10).join()}`,
    );
  }
  return faults;
}
