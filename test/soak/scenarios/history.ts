import type { Operation } from "../linearizability/checker.js";
import type { Story } from "./scenario.js";

/**
 * What all programs of a story called, in the words of a model. `op?` in a log is a call, `op` its return; a call
 * without return had no answer, since its program was killed or lost its server. `casts`: operations that a Python
 * program only sends. The server has one at the latest when it answers the program's next call, so that is when it
 * returns here.
 */
export function historyOf<Input, Output>(
  story: Story,
  ops: Record<string, (record: Record<string, unknown>) => { input: Input; output: Output }>,
  casts: readonly string[] = [],
): Operation<Input, Output>[] {
  const history: Operation<Input, Output>[] = [];
  for (const { pid, language, records } of story.endings) {
    let open: Operation<Input, Output> | null = null;
    let cast: Operation<Input, Output> | null = null;
    for (const record of records) {
      const isCall = record.op.endsWith("?");
      const read = ops[isCall ? record.op.slice(0, -1) : record.op];
      if (!read || record.pid !== pid) continue;
      const { input, output } = read(record);
      if (isCall) history.push((open = { process: String(pid), input, call: record.from! }));
      else if (open) {
        if (cast) Object.assign(cast, { return: record.at });
        cast = language === "python" && casts.includes(record.op) ? open : null;
        Object.assign(open, { output, return: cast ? Infinity : record.at });
      }
    }
  }
  return history;
}

/** The deaths of the story's own programs, for models that know of them. */
export function deathsOf(story: Story): Operation<"death", never>[] {
  const own = new Set(story.endings.map(({ pid }) => pid));
  return story.hits
    .filter(({ pid, blow }) => own.has(pid) && blow !== "STOP")
    .map(({ pid, at }) => ({ process: String(pid), input: "death", call: at }));
}
