import * as v from "valibot";
import { progressText } from "../protocol/progress.js";
import { outcomes, summary } from "./read-run.js";
import { inputProblem, readingTool, type Tool } from "./tool.js";

const defaultLimit = 20;
const maxLimit = 200;

const run = { type: "string", description: "Handle of the run, such as run:s1.4." };

export const runsTool = readingTool(
  {
    name: "polyproc_runs",
    title: "List runs",
    description: "The runs that the server remembers, the latest first, with their numbers.",
  },
  async (host) => {
    const { runs } = await host.request("run/list", {});
    return { runs: runs.toReversed().map(summary) };
  },
);

const readInput = v.strictObject({
  run: v.string(),
  state: v.optional(v.picklist(["failed", "done", "running", "queued", "cancelled", "all"]), "failed"),
  from: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0)), 0),
  limit: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(maxLimit)), defaultLimit),
  outputOf: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
});

export const readTool: Tool = {
  name: "polyproc_read_run",
  title: "Read a run's items",
  description:
    "The items of a run with their results or errors: by default those that failed. Long values are cut. With " +
    "`outputOf` also the last lines that this item wrote.",
  readOnly: true,
  inputSchema: {
    type: "object",
    properties: {
      run,
      state: {
        type: "string",
        enum: ["failed", "done", "running", "queued", "cancelled", "all"],
        description: 'Which items. Default "failed".',
      },
      from: { type: "integer", minimum: 0, description: "How many of these to pass over. Default 0." },
      limit: { type: "integer", minimum: 1, maximum: maxLimit, description: `Most items. Default ${defaultLimit}.` },
      outputOf: { type: "integer", minimum: 0, description: "Index of an item whose output is wanted. Default: none." },
    },
    required: ["run"],
  },
  prepare(host, given) {
    const input = v.safeParse(readInput, given);
    if (!input.success) throw new Error(inputProblem(input.issues));
    const { run: handle, state, from, limit, outputOf } = input.output;
    return Promise.resolve({
      ask: null,
      run: async () => {
        const info = await host.request("run/status", { run: handle });
        const { items, more } = await outcomes(host, handle, state, from, limit);
        const output =
          outputOf === undefined
            ? {}
            : { output: (await host.request("run/output", { run: handle, index: outputOf })).lines.slice(-200) };
        return { ...summary(info), items, more, ...output };
      },
    });
  },
};

export const childrenTool = readingTool(
  {
    name: "polyproc_children",
    title: "List processes",
    description: "The processes of the server that run now: pid, name, what each runs and for how long.",
  },
  async (host) => {
    const { processes } = await host.request("process/list", { scope: "all" });
    return {
      processes: processes
        .filter(({ role }) => role !== "host")
        .map(({ pid, name, role, state, target, pool, startedAt, task, progress }) => ({
          pid,
          name,
          role,
          state,
          target,
          ...(pool === null ? {} : { pool }),
          startedAt: new Date(startedAt).toISOString(),
          ...(task === null ? {} : { item: task.index }),
          ...(progress === undefined ? {} : { progress: progressText(progress) }),
        })),
    };
  },
);
