import type { Client, Lock, Semaphore } from "polyproc";
import { checkHistory, type Model, type Operation } from "../linearizability/checker.js";
import { lockModel, semaphoreModel, type LockInput, type LockOutput } from "../linearizability/models.js";
import { deathsOf, historyOf } from "./history.js";
import { languages } from "./languages.js";
import type { Play, Scenario, Setting, Story } from "./scenario.js";

export const lock: Scenario = {
  name: "lock",
  write: (random, setting) => write("lock", setting, random, 1, lockModel),
};

export const semaphore: Scenario = {
  name: "semaphore",
  write(random, setting) {
    const permits = random.int(1, 3);
    return write("semaphore", setting, random, permits, semaphoreModel(permits));
  },
};

function write<State>(
  workload: string,
  { folder, prefix, lengthMs }: Setting,
  random: Parameters<Scenario["write"]>[0],
  permits: number,
  model: Model<State, LockInput, LockOutput>,
): Play {
  const name = `${prefix}-${workload}`;
  const programs = languages(random, random.int(2, 4)).map((language) => ({
    language,
    workload,
    params: { name, folder, permits, seed: random.bits(), count: random.int(50, 400), lengthMs },
  }));
  // An object without a user is gone, and its history with it; one that is collected here has no user here.
  const kept: (Lock | Semaphore)[] = [];
  const prepare = async (keeper: Client) => {
    const shared = workload === "lock" ? new keeper.Lock({ name }) : new keeper.Semaphore(permits, { name });
    kept.push(shared);
    await (shared instanceof keeper.Lock ? shared.locked() : shared.value());
  };
  return { programs, prepare, check: (story) => check(workload, model, story) };
}

function check<State>(workload: string, model: Model<State, LockInput, LockOutput>, story: Story): string[] {
  const calls = historyOf<LockInput, LockOutput>(
    story,
    {
      acquire: ({ acquired, ownerDied }) => ({
        input: "acquire",
        output: { acquired: acquired === true, ownerDied: ownerDied as boolean | undefined },
      }),
      release: () => ({ input: "release", output: null }),
    },
    ["release"],
  );
  const verdict = checkHistory(model, [...calls, ...(deathsOf(story) as Operation<LockInput, LockOutput>[])]);
  if (verdict.kind === "violation")
    return [`the ${workload}'s history is not linearizable; at no moment fit ${JSON.stringify(verdict.stuck)}`];
  return [];
}
