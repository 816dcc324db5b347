import { describeQueued, describeWait } from "../../../protocol/describe-wait.js";
import type { QueuedInfo, WaitInfo } from "../../../protocol/waits.js";
import type { Clock } from "../clock.js";
import type { Session } from "../session.js";
import type { Party, Wait } from "../wait.js";

/** Shorter waits are not listed: they are the ordinary way of a request. */
const shortestMs = 50;
const mostWaits = 1000;
const mostParties = 8;
/** Reasons for which an object's holders, not every session that can reach it, end the wait. */
const endedByHolders: ReadonlySet<string> = new Set(["held", "running"]);

/** What this needs of the engine. */
interface WaitingEngine {
  readonly clock: Clock;
  readonly sessions: ReadonlyMap<string, Session>;
  readonly waitGraph: { deadlockOf(wait: Wait<unknown>): string | null };
  readonly livePools: Iterable<{
    readonly handle: string;
    readonly run: string | null;
    readonly processes: number;
    readonly dispatch: {
      readonly queue: { readonly parked: number; readonly behind: number };
      readonly queued: number;
      busy(): number;
      whyQueued(): QueuedInfo["reason"];
    };
  }>;
}

/** Every wait for an object, the oldest first, with the sessions that can end it. */
export function whyWaiting(engine: WaitingEngine): WaitInfo[] {
  const before = engine.clock.now() - shortestMs;
  const waits: Wait<unknown>[] = [];
  for (const session of engine.sessions.values())
    for (const wait of session.waits) if (wait.about && wait.since <= before) waits.push(wait);
  return waits
    .toSorted((a, b) => a.since - b.since)
    .slice(0, mostWaits)
    .map((wait) => describe(engine, wait));
}

/** Why the queued tasks of each pool have not begun. */
export function whyQueued(engine: WaitingEngine): QueuedInfo[] {
  return Array.from(engine.livePools, (pool) => {
    const { queue } = pool.dispatch;
    const queued = pool.dispatch.queued + queue.parked;
    const info = { pool: pool.handle, run: pool.run, queued, reason: pool.dispatch.whyQueued(), behind: queue.behind };
    return { ...info, text: describeQueued(info, { busy: pool.dispatch.busy(), processes: pool.processes }) };
  }).filter(({ queued }) => queued > 0);
}

function describe(engine: WaitingEngine, wait: Wait<unknown>): WaitInfo {
  const { session, owner, about, endless } = wait;
  const { object, reason } = about!;
  const wallTime = (at: number) => engine.clock.wallTime() - (engine.clock.now() - at);
  const parties = endedByHolders.has(reason) ? holdersOf(wait) : knowersOf(engine, object.handle, session);
  const info = {
    ...nameOf(session),
    owner,
    process: session.process?.handle ?? null,
    object: object.handle,
    reason,
    since: wallTime(wait.since),
    endless,
    by: parties.slice(0, mostParties).map((party) => ({
      ...nameOf(party.session),
      since: party.at === undefined ? null : wallTime(party.at),
    })),
    more: Math.max(0, parties.length - mostParties),
    deadlock: engine.waitGraph.deadlockOf(wait),
  };
  return { ...info, text: describeWait(info, engine.clock.wallTime()) };
}

function holdersOf({ resource }: Wait<unknown>): Party[] {
  return [...(resource?.holders() ?? [])];
}

/** The other sessions that have a reference to the object. */
function knowersOf(engine: WaitingEngine, handle: string, but: Session): Party[] {
  const parties: Party[] = [];
  for (const session of engine.sessions.values())
    if (session !== but && session.references.has(handle)) parties.push({ session, owner: "" });
  return parties;
}

function nameOf(session: Session): { session: string; pid: number | null; name: string } {
  const { name, pid } = session.describeSession();
  return { session: session.id, pid, name };
}
