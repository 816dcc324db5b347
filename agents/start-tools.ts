import * as v from "valibot";
import { PolyprocError } from "../protocol/errors.js";
import type { RunInfo } from "../protocol/run.js";
import { failedEntries, outcomes, summary } from "./read-run.js";
import { inputProblem, type Ask, type CallContext, type Tool, type ToolHost } from "./tool.js";

/** Most items of one call. */
const maxItems = 100_000;
/** Milliseconds between two reports of progress. */
const tellEveryMs = 500;
const defaultWaitSeconds = 60;
const maxWaitSeconds = 3600;
/** Most failures, and most results, in the answer. */
const shownFailures = 5;
const shownResults = 20;

const waitSeconds = v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(maxWaitSeconds)), defaultWaitSeconds);
const waitSchema = {
  type: "number",
  minimum: 0,
  maximum: maxWaitSeconds,
  description: `Seconds to wait for the end of the run. Default ${defaultWaitSeconds}. The run goes on after that.`,
};
const whole = (least: number) => v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(least)));

type StartAsk = Exclude<Ask, { kind: "kill" }>;

const mapInput = v.strictObject({
  command: v.optional(v.pipe(v.array(v.string()), v.minLength(1, "name a program"))),
  module: v.optional(v.pipe(v.string(), v.minLength(1))),
  export: v.optional(v.string()),
  files: v.optional(v.array(v.string())),
  items: v.optional(v.array(v.unknown())),
  name: v.optional(v.pipe(v.string(), v.maxLength(200))),
  processes: whole(1),
  retries: whole(0),
  timeoutSeconds: v.optional(v.pipe(v.number(), v.minValue(0), v.finite())),
  waitSeconds,
});

export const mapTool: Tool = {
  name: "polyproc_map",
  title: "Map over files or items",
  description:
    "Runs a command, or a function of a JavaScript, TypeScript or Python file, once for each item, several at a " +
    "time, each in a process. Give `command` or `module`, and `files` or `items`. Returns the counts, the first " +
    "failures and the first results, and the handle of the run for the other tools.",
  readOnly: false,
  inputSchema: {
    type: "object",
    properties: {
      command: {
        type: "array",
        items: { type: "string" },
        minItems: 1,
        description:
          "The program and its arguments. {item} in an argument stands for the item; without it the item is the last " +
          "argument. No shell reads it.",
      },
      module: { type: "string", description: "Path of the file with the function." },
      export: { type: "string", description: "Name of the function. Default: the default export." },
      files: { type: "array", items: { type: "string" }, description: "Glob patterns: each file is an item." },
      items: { type: "array", items: {}, description: "The items: texts or other JSON values." },
      name: { type: "string", maxLength: 200, description: "What the run is called." },
      processes: { type: "integer", minimum: 1, description: "Most at a time. Default: the number of CPUs." },
      retries: { type: "integer", minimum: 0, description: "Further attempts of an item that failed. Default 0." },
      timeoutSeconds: { type: "number", minimum: 0, description: "Limit of each item. Default: none." },
      waitSeconds: waitSchema,
    },
  },
  async prepare(host, given) {
    const input = checked(mapInput, given);
    if ((input.command === undefined) === (input.module === undefined))
      throw new Error("give either command or module");
    if ((input.files === undefined) === (input.items === undefined)) throw new Error("give either files or items");
    const items = input.items ?? (await host.findFiles(input.files!));
    if (items.length === 0) throw new Error(`no file matches ${input.files?.join(", ") ?? "an empty list of items"}`);
    if (items.length > maxItems) throw new Error(`${items.length} items are more than ${maxItems}: give fewer`);
    const ask = await askOf(host, input, items.length);
    const target =
      ask.kind === "command"
        ? { command: ask.words[0]!, args: [...ask.words.slice(1)], cwd: host.folder }
        : { module: ask.file, ...(input.export === undefined ? {} : { export: input.export }) };
    return {
      ask,
      run: async (context) => {
        const run = await host.start({
          name: input.name ?? (ask.kind === "command" ? ask.words[0]! : ask.export),
          target,
          cwd: ask.kind === "command" ? undefined : host.folder,
          items,
          processes: input.processes,
          retries: input.retries,
          timeoutMs: input.timeoutSeconds === undefined ? undefined : input.timeoutSeconds * 1000,
        });
        return follow(host, run, input.waitSeconds, context);
      },
    };
  },
};

const rerunInput = v.strictObject({ run: v.string(), waitSeconds });

export const rerunTool: Tool = {
  name: "polyproc_rerun_failed",
  title: "Re-run failed items",
  description: "Starts a run again with only the items that failed. Returns the same as polyproc_map.",
  readOnly: false,
  inputSchema: {
    type: "object",
    properties: {
      run: { type: "string", description: "Handle of the run, such as run:s1.4." },
      waitSeconds: waitSchema,
    },
    required: ["run"],
  },
  async prepare(host, given) {
    const { run, waitSeconds: seconds } = checked(rerunInput, given);
    const failed = await failedEntries(host, run);
    if (failed.length === 0) throw new Error(`no item of ${run} has failed`);
    const { target } = await host.request("run/spec", { run });
    if ("source" in target)
      throw new Error(`${run} runs the text of a function, which only its program can start again`);
    const ask: Ask =
      "command" in target
        ? { kind: "command", words: [target.command, ...(target.args ?? [])], count: failed.length }
        : {
            kind: "module",
            file: await host.realPath(target.module),
            export: target.export ?? "default",
            count: failed.length,
          };
    return {
      ask,
      run: async (context) =>
        follow(
          host,
          await host.startAgain(
            run,
            failed.map(({ index }) => index),
          ),
          seconds,
          context,
        ),
    };
  },
};

async function askOf(host: ToolHost, input: v.InferOutput<typeof mapInput>, count: number): Promise<StartAsk> {
  if (input.command === undefined)
    return { kind: "module", file: await host.realPath(input.module!), export: input.export ?? "default", count };
  const [program, ...args] = input.command;
  if (program === "" || /\{(item|index)/.test(program!))
    throw new Error(`command: the program itself must be named; got ${JSON.stringify(program)}`);
  const words = args.some((arg) => arg.includes("{item")) ? [program!, ...args] : [program!, ...args, "{item}"];
  return { kind: "command", words, count };
}

/** Waits for the end of the run, for a limited time. Cancels the run if the client no longer wants the answer. */
async function follow(host: ToolHost, run: string, seconds: number, context: CallContext): Promise<unknown> {
  let leftMs = seconds * 1000;
  let info: RunInfo;
  for (;;) {
    if (context.signal.aborted) {
      await host.request("run/cancel", { run });
      throw new Error(`cancelled, and ${run} with it`);
    }
    const stepMs = Math.min(leftMs, tellEveryMs);
    leftMs -= stepMs;
    info = await waited(host, run, stepMs);
    context.progress(
      info.done + info.failed + info.cancelled,
      info.total,
      info.failed > 0 ? `${info.failed} failed` : "",
    );
    if (info.endedAt !== null || leftMs <= 0) break;
  }
  const failures = await outcomes(host, run, "failed", 0, shownFailures);
  const results = await outcomes(host, run, "done", 0, shownResults);
  return { ...summary(info), failures: failures.items, results: results.items };
}

async function waited(host: ToolHost, run: string, timeoutMs: number): Promise<RunInfo> {
  try {
    return await host.request("run/wait", { run, timeoutMs });
  } catch (error) {
    if (!(error instanceof PolyprocError && error.codeName === "TimedOut")) throw error;
    return host.request("run/status", { run });
  }
}

function checked<S extends v.GenericSchema>(schema: S, input: unknown): v.InferOutput<S> {
  const result = v.safeParse(schema, input ?? {});
  if (!result.success) throw new Error(inputProblem(result.issues));
  return result.output;
}
