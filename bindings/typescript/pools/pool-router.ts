import type { ResultEntry } from "../../../protocol/job.js";
import { storedBytes, type Handle } from "../../../protocol/payload.js";
import type { Connection } from "../session/connection.js";
import { Closed } from "../session/errors.js";

/** A job that waits for outcomes. */
export interface JobReceiver {
  readonly handle: Handle;
  receive(entries: readonly ResultEntry[]): void;
  /** The connection has ended: no more outcomes will arrive. */
  lost(error: Closed): void;
}

const routers = new WeakMap<Connection, JobRouter>();

/**
 * Hands the outcomes that a connection receives to their jobs. A job with nothing pending is not held, so it can be
 * garbage collected.
 */
export class JobRouter {
  readonly #connection: Connection;
  readonly #jobs = new Map<Handle, JobReceiver>();

  static of(connection: Connection): JobRouter {
    let router = routers.get(connection);
    if (!router) routers.set(connection, (router = new JobRouter(connection)));
    return router;
  }

  private constructor(connection: Connection) {
    this.#connection = connection;
    connection.on("job/results", ({ job, results }) => {
      for (const { values } of results) {
        const block = values && storedBytes(values);
        // A caller that has given up does not decode it.
        block?.letGoIfForgotten?.((handle) => connection.release(handle));
      }
      this.#jobs.get(job)?.receive(results);
    });
    void connection.closed.then(() => {
      const error = new Closed("Closed", "the connection to the server has ended before the result came");
      for (const job of [...this.#jobs.values()]) job.lost(error);
    });
  }

  /** Registers a job that waits for outcomes. The script does not end while a job is registered. */
  add(job: JobReceiver): void {
    if (this.#jobs.has(job.handle)) return;
    this.#jobs.set(job.handle, job);
    this.#connection.retainLoop();
  }

  remove(job: JobReceiver): void {
    // Before the connection opens, jobs have no handles, and none was added.
    if (this.#connection.isOpen && this.#jobs.delete(job.handle)) this.#connection.releaseLoop();
  }
}
