import * as jobs from "../../protocol/job.js";
import { PolyprocError } from "../../protocol/errors.js";
import { Job } from "../engine/pools/job.js";
import { Pool } from "../engine/pools/pool.js";
import { isNamed } from "../engine/registry.js";
import { answer, castAnswer, type Handler } from "./handler.js";

export const jobHandlers: readonly Handler[] = [
  answer(jobs.create, ({ engine, session }, params) => {
    if (isNamed(params.job))
      throw new PolyprocError(
        "InvalidParams",
        `job: a job belongs to one session and has no shared name; mint "job:${session.id}.…"`,
      );
    const pool = engine.registry.get(params.pool, Pool);
    engine.registry.create(session, params.job, Job, () => new Job(params.job, pool, session, params));
    return null;
  }),
  answer(jobs.submit, ({ engine }, { job, tasks, cast = false }) => {
    const accepted = engine.registry.get(job, Job).submit(tasks);
    return cast && accepted === null ? castAnswer : accepted;
  }),
  answer(jobs.cancel, ({ engine }, params) => ({
    cancelled: engine.registry.get(params.job, Job).cancel(params.indexes, params.graceMs, params.waiting),
  })),
  answer(jobs.wait, ({ engine, session }, params) =>
    engine.registry.get(params.job, Job).wait(session, params.timeoutMs),
  ),
  answer(jobs.watch, ({ engine, session }, params) => {
    engine.registry.get(params.job, Job).watch(session);
    return null;
  }),
];
