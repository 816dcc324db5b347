import { compiled } from "../../fixture.js";
import { ofKills } from "../judge.js";
import { languages } from "./languages.js";
import type { Ending, Scenario, Story } from "./scenario.js";

function scenario(workload: string, count: [number, number]): Scenario {
  return {
    name: workload,
    write: (random, { folder, prefix, lengthMs }) => ({
      programs: languages(random, random.int(1, 2)).map((language) => ({
        language,
        workload,
        isPrivate: random.chance(0.25),
        params: {
          folder,
          name: `${prefix}-${workload}`,
          tasks: compiled("test/soak/programs/tasks"),
          processes: random.int(1, 4),
          retries: language === "typescript" ? random.pick([0, 0, 1, 3]) : 0,
          ...(random.chance(0.3) && { maxTasksPerChild: random.int(1, 10) }),
          seed: random.bits(),
          count: random.int(...count),
          lengthMs,
        },
      })),
      check: (story) => story.endings.flatMap((ending) => check(ending, story)),
    }),
  };
}

export const pool = scenario("pool", [5, 30]);
export const guarded = scenario("guarded", [3, 10]);
export const imap = scenario("imap", [1, 5]);
export const nested = scenario("nested", [1, 6]);

function check({ records }: Ending, { undisturbed }: Story): string[] {
  const faults: string[] = [];
  const begun = new Map<string, number>();
  for (const record of records) {
    if (record.op !== "task") continue;
    const key = `${record["call"]}.${record["number"]}`;
    begun.set(key, (begun.get(key) ?? 0) + 1);
  }
  const calls = records.filter(({ op }) => op === "call") as unknown as {
    call: number;
    way: string;
    items: number;
    retries: number;
  }[];
  for (const { call, way, items, retries } of calls) {
    const expected = Array.from({ length: items }, (_, number) => `${call}.${number}`);
    const times = expected.map((key) => begun.get(key) ?? 0);
    if (times.some((n) => n > 1 + (undisturbed ? 0 : retries)))
      faults.push(`call ${call} (${way}, ${retries} retries) began its items ${times.join()} times`);
    const told = records.find((record) => record.op === "results" && record["call"] === call);
    if (!told) {
      if (undisturbed) faults.push(`call ${call} (${way}) gave no results`);
      continue;
    }
    const results = told["results"] as string[];
    const failed = results.filter((result) => result.startsWith("!"));
    // A stream ends with the connection, and without one: a private server may be killed while it is started.
    const isCutOff = !undisturbed && ["!Closed", "!ConnectionError", "!SpawnFailed"].includes(results.at(-1)!);
    if (results.length !== items && !isCutOff)
      faults.push(`call ${call} (${way}) of ${items} items gave ${results.length} results`);
    const successes = results.filter((result) => !result.startsWith("!"));
    if (new Set(successes).size < successes.length) faults.push(`call ${call} (${way}) gave one result twice`);
    const wrong = results.filter(
      (result, i) =>
        !result.startsWith("!") && (told["unordered"] ? !expected.includes(result) : result !== expected[i]),
    );
    if (wrong.length > 0) faults.push(`call ${call} (${way}) gave ${wrong.slice(0, 5).join()} in the wrong place`);
    if (undisturbed && failed.length > 0)
      faults.push(`call ${call} (${way}) failed with ${failed.join()} though no process was killed`);
    const strange = failed.filter((name) => !ofKills.has(name.slice(1)));
    if (strange.length > 0) faults.push(`call ${call} (${way}) failed with ${strange.join()}`);
    if (undisturbed && times.some((n) => n !== 1))
      faults.push(`call ${call} (${way}) began its items ${times.join()} times though no process was killed`);
  }
  return faults;
}
