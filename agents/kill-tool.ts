import * as v from "valibot";
import { inputProblem, type Tool } from "./tool.js";

const input = v.strictObject({
  pid: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(1))),
  run: v.optional(v.string()),
});

/** Milliseconds between SIGTERM and SIGKILL. */
const graceMs = 2000;

export const killTool: Tool = {
  name: "polyproc_kill",
  title: "End a process or a run",
  description: "Ends a process of the server with all that it started, or cancels what is not done of a run.",
  readOnly: false,
  inputSchema: {
    type: "object",
    properties: {
      pid: { type: "integer", minimum: 1, description: "Of a process that polyproc_children lists." },
      run: { type: "string", description: "Handle of a run, such as run:s1.4." },
    },
  },
  async prepare(host, given) {
    const parsed = v.safeParse(input, given ?? {});
    if (!parsed.success) throw new Error(inputProblem(parsed.issues));
    const { pid, run } = parsed.output;
    if ((pid === undefined) === (run === undefined)) throw new Error("give either pid or run");
    if (run !== undefined) {
      const { name } = await host.request("run/status", { run });
      return {
        ask: { kind: "kill", what: `the run ${name} (${run})` },
        run: () => host.request("run/cancel", { run }),
      };
    }
    const { processes } = await host.request("process/list", { scope: "all" });
    const process = processes.find((one) => one.pid === pid);
    if (!process) throw new Error(`no process of this server has pid ${pid}; polyproc_children lists them`);
    return {
      ask: { kind: "kill", what: `the process ${process.name} (${pid}), which runs ${process.target || "nothing"}` },
      run: async () => {
        await host.request("process/terminate", { pid: pid!, graceMs });
        return { sent: "SIGTERM", thenAfterMs: graceMs };
      },
    };
  },
};
