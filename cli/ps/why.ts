import type { Connection } from "../../bindings/typescript/session/connection.js";
import { objectName } from "../../protocol/describe-wait.js";
import type { DeadlockInfo } from "../../protocol/events.js";
import { oneLine } from "../../protocol/one-line.js";
import type { QueuedInfo, WaitInfo } from "../../protocol/waits.js";
import { renderTable } from "../table.js";
import { longestName, shorten } from "./process-row.js";

interface Why {
  waits: WaitInfo[];
  queued: QueuedInfo[];
  deadlocks: DeadlockInfo[];
}

/** What every process and every queued task waits for: a table, deadlocks first, or one JSON object. */
export async function whyText(connection: Connection, json: boolean): Promise<string> {
  const [{ waits, queued }, { deadlocks }] = await Promise.all([
    connection.request("server/waits", {}),
    connection.request("deadlock/list", {}),
  ]);
  const why = { waits, queued, deadlocks };
  return `${json ? JSON.stringify(why, null, 2) : renderWhy(why).join("\n")}\n`;
}

export function renderWhy({ waits, queued, deadlocks }: Why): string[] {
  if (waits.length === 0 && queued.length === 0) return ["nothing waits"];
  const rows = [
    ...waits.map(({ pid, session, name, text, deadlock }) => [
      pid === null ? session : String(pid),
      shorten(name, longestName),
      deadlock === null ? text : `${text} (deadlock ${deadlock})`,
    ]),
    ...queued.map(({ pool, text }) => ["-", shorten(pool, longestName), text]),
  ];
  return [...deadlocks.map((deadlock) => describeDeadlock(deadlock, waits)), ...renderTable(columns, rows)];
}

const columns = [{ title: "PID", align: "right" as const }, { title: "NAME" }, { title: "WHY" }];

function describeDeadlock({ deadlock, cycle, reason }: DeadlockInfo, waits: readonly WaitInfo[]): string {
  const parties = cycle.map(({ session, waitsFor }) => `${nameOf(session, waits)} waits for ${objectName(waitsFor)}`);
  return `deadlock ${deadlock}: ${parties.join("; ")}${reason === undefined ? "" : `; ${reason}`}`;
}

function nameOf(session: string, waits: readonly WaitInfo[]): string {
  const wait = waits.find((one) => one.session === session);
  return wait && wait.pid !== null ? `pid ${wait.pid} (${oneLine(wait.name)})` : `client ${session}`;
}
