import { PolyprocError } from "../../../protocol/errors.js";
import type { ResultEntry } from "../../../protocol/job.js";
import * as lifecycle from "../../../protocol/lifecycle.js";
import type { Params, Result } from "../../../protocol/message.js";
import type * as pools from "../../../protocol/pool.js";
import { payloadBytes } from "../../../protocol/schema.js";
import type { PoolDependencies } from "./dependencies.js";
import { Job } from "./job.js";
import { failureBytes } from "./result-bytes.js";
import { kept } from "../kept.js";
import { listOf, onlyItem } from "../payload-list.js";
import { originMark } from "../origin.js";
import { Pool } from "./pool.js";
import { refuseDaemonicParent } from "../processes/process-table.js";
import type { Session } from "../session.js";
import { Wait } from "../wait.js";

type Outcomes = Result<typeof pools.map>;

/** Approximate size of an outcome without its value. */
const outcomeBytes = 200;

let nextMap = 1;

/** `pool/map`: a whole map in one request, for scripts. Without a pool it makes one for itself. */
export function mapInPool(
  engine: PoolDependencies,
  session: Session,
  params: Params<typeof pools.map>,
): Outcomes | Wait<Outcomes> {
  refuseDaemonicParent(session);
  const id = `h.map${nextMap++}`;
  const given = params.pool === undefined ? null : engine.registry.get(params.pool, Pool);
  const pool = given ?? new Pool(engine, session, `pool:${id}`, { processes: params.processes });
  const outcomes: Outcomes["outcomes"] = [];
  let failed = 0;
  // One answer carries all outcomes, so the server keeps them until the last is there, and counts them in its budget.
  const { account } = session;
  let keptBytes = 0;
  const keep = (entry: ResultEntry) => {
    const outcome = toOutcome(entry);
    const value = outcome.ok ? kept(outcome.value, account) : null;
    const bytes = value?.bytes ?? outcomeBytes + failureBytes(entry.error);
    const hasRoom = account.hasRoom(bytes);
    account.charge(bytes);
    keptBytes += bytes;
    outcomes[entry.index] = value ? { index: entry.index, ok: true, value: value.payload } : outcome;
    if (entry.error) failed++;
    if (!hasRoom)
      engine.guard.soon(null, () =>
        fail(
          new PolyprocError(
            "Overloaded",
            `the results of this map take ${keptBytes} bytes already, and the server's memory is full: ` +
              "use job/submit or run/start, whose results can be taken as they come",
          ),
        ),
      );
  };
  const toClient = {
    results: (results: ResultEntry[]) => {
      results.forEach(keep);
      if (params.progressToken === undefined || !job) return;
      session.peer.notify(lifecycle.progress, {
        token: params.progressToken,
        value: { done: job.done + job.failed, failed, total: params.items.length },
      });
    },
  };
  let job: Job | null = null;
  const letGo = () => {
    forgetSession();
    account.release(keptBytes);
    keptBytes = 0;
    job?.unreferenced();
    if (!given) pool.terminate();
  };
  // Removed again in `letGo`: a session that lives long must not collect a listener for each map.
  const forgetSession = session.onEnd(letGo);
  let submitted: null | Wait<null>;
  try {
    job = new Job(
      `job:${id}`,
      pool,
      session,
      { target: params.target, mode: "map", retries: params.retries, timeoutMs: params.timeoutMs },
      toClient,
    );
    submitted = job.submit(params.items.map((item, index) => ({ index, items: listOf(item) })));
  } catch (error) {
    letGo();
    throw error;
  }
  const accepted = job;
  const wait = new Wait<Outcomes>(session, { onLeave: letGo });
  const fail = (error: PolyprocError) => {
    letGo();
    wait.reject(error);
  };
  const finish = () => {
    const done = accepted.wait(session, null);
    const settle = () => {
      const bytes = outcomes.reduce((sum, outcome) => sum + (outcome.ok ? payloadBytes(outcome.value) : 0), 0);
      try {
        session.requireFits(bytes, "the list of all results");
      } catch (error) {
        fail(error as PolyprocError);
        return;
      }
      letGo();
      wait.resolve({ outcomes, ...originMark(session, pool.session.owner) });
    };
    if (done instanceof Wait) done.onSettled((outcome) => (outcome.ok ? settle() : fail(outcome.error)));
    else settle();
  };
  if (submitted) submitted.onSettled((outcome) => (outcome.ok ? finish() : fail(outcome.error)));
  else finish();
  return wait;
}

function toOutcome(entry: ResultEntry): Outcomes["outcomes"][number] {
  if (entry.values) return { index: entry.index, ok: true, value: onlyItem(entry.values) };
  return { index: entry.index, ok: false, error: entry.error! };
}
