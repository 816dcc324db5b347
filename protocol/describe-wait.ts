import { clockText } from "./duration.js";
import { oneLine } from "./one-line.js";
import type { QueuedInfo, WaitInfo } from "./waits.js";

const shown = 3;

/** `waits 12 s for Lock db, held by pid 4242 (PoolWorker-1) for 12 s`. `at`: now, in milliseconds since 1970. */
export function describeWait(wait: Omit<WaitInfo, "text">, at: number): string {
  const { since, reason, object, by } = wait;
  const age = ageOf(since, at);
  const what = objectName(object);
  const others = parties(wait, at);
  const could = (does: string) => (by.length === 0 ? `; no other process can ${does}` : `; ${others} can ${does}`);
  switch (reason) {
    case "held":
      return `waits ${age} for ${what}, ${by.length === 0 ? "which is being handed over" : `held by ${others}`}`;
    case "empty":
      return `waits ${age} for an item of ${what}${could("send one")}`;
    case "full":
      return `waits ${age} for room in ${what}${could("take items")}`;
    case "notSet":
      return `waits ${age} for ${what} to be set${could("set it")}`;
    case "notNotified":
      return `waits ${age} for a notification of ${what}${could("notify it")}`;
    case "parties":
      return `waits ${age} for the other parties of ${what}${could("arrive")}`;
    case "running":
      return `waits ${age} for the end of ${by.length === 0 ? what : others}`;
    case "unfinished":
      return `waits ${age} until ${what} is done`;
    case "backPressure":
      return `waits ${age} to submit tasks of ${what}: as many bytes are queued as a client may have`;
  }
}

export function describeQueued(
  { queued, reason, behind }: Omit<QueuedInfo, "text">,
  { busy, processes }: { busy: number; processes: number },
): string {
  const tasks = `${queued} queued ${queued === 1 ? "task waits" : "tasks wait"}`;
  const priority = behind > 0 ? `; ${behind} of them behind tasks of a higher priority` : "";
  switch (reason) {
    case "limit":
      return `${tasks}: the limit is reached, ${busy} of ${processes} processes are busy${priority}`;
    case "starting":
      return `${tasks}: the workers are starting${priority}`;
    case "reader":
      return `${tasks}: the client reads its results too slowly`;
    case "hosts":
      return `${tasks}: the hosts of the cluster have not taken them${priority}`;
    case "soon":
      return `${tasks} for a worker${priority}`;
  }
}

/** `lock:@db` is `lock db`, `queue:s1.4` is `queue s1.4`. */
export function objectName(handle: string): string {
  const colon = handle.indexOf(":");
  const name = handle.slice(colon + 1);
  return oneLine(`${handle.slice(0, colon)} ${name.startsWith("@") ? name.slice(1) : name}`);
}

function parties({ by, more }: Pick<WaitInfo, "by" | "more">, at: number): string {
  const names = by.slice(0, shown).map(({ session, pid, name, since }) => {
    const who = pid === null ? `client ${session}` : `pid ${pid}`;
    const label = name === "" ? who : `${who} (${oneLine(name)})`;
    return since === null ? label : `${label} for ${ageOf(since, at)}`;
  });
  const rest = more + Math.max(0, by.length - shown);
  return rest > 0 ? `${names.join(", ")} and ${rest} more` : names.join(", ");
}

function ageOf(since: number, at: number): string {
  return clockText(Math.max(0, Math.floor((at - since) / 1000)));
}
