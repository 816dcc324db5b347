import type { Connection as Editor } from "vscode-languageserver";
import { PolyprocError } from "../../protocol/errors.js";
import { progressText } from "../../protocol/progress.js";
import type { RunEntry, RunInfo } from "../../protocol/run.js";
import type { ServerHost } from "../server-host.js";

/** Milliseconds between two reports of progress. */
const tellMs = 200;

/** Follows a run to its end, and shows its progress. Returns its numbers and the entries of failed items. */
export async function followRun(
  editor: Editor,
  host: ServerHost,
  run: string,
  title: string,
  showsProgress: boolean,
): Promise<{ info: RunInfo; failed: RunEntry[] }> {
  const progress = showsProgress ? await editor.window.createWorkDoneProgress() : null;
  progress?.begin(title, 0, undefined, true);
  progress?.token.onCancellationRequested(() => {
    // If the server has ended, so has the run.
    host.request("run/cancel", { run }).catch(() => {});
  });
  try {
    for (;;) {
      const info = await step(host, run);
      const settled = info.done + info.failed + info.cancelled;
      const said = await runningText(host, info);
      progress?.report(
        info.total === 0 ? 100 : Math.floor((settled / info.total) * 100),
        `${settled} of ${info.total}${info.failed > 0 ? `, ${info.failed} failed` : ""}${said}`,
      );
      if (info.endedAt !== null) return { info, failed: await failedOf(host, run, info.failed) };
    }
  } finally {
    progress?.done();
  }
}

async function step(host: ServerHost, run: string): Promise<RunInfo> {
  try {
    return await host.request("run/wait", { run, timeoutMs: tellMs });
  } catch (error) {
    if (!(error instanceof PolyprocError && error.codeName === "TimedOut")) throw error;
    return host.request("run/status", { run });
  }
}

/** The progress that one of the running items reported. */
async function runningText(host: ServerHost, { pool, endedAt }: RunInfo): Promise<string> {
  if (endedAt !== null) return "";
  const { processes } = await host.request("process/list", { scope: "all" });
  const told = processes.find((process) => process.pool === pool && process.progress)?.progress;
  return told ? `: ${progressText(told)}` : "";
}

async function failedOf(host: ServerHost, run: string, count: number): Promise<RunEntry[]> {
  const failed: RunEntry[] = [];
  for (let since = 0; failed.length < count;) {
    const { entries, next } = await host.request("run/read", { run, since, timeoutMs: 0 });
    if (entries.length === 0) break;
    failed.push(...entries.filter(({ state }) => state === "failed"));
    since = next;
  }
  return failed.sort((a, b) => a.index - b.index);
}
