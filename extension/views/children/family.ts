import type { PoolInfo } from "../../../protocol/pool.js";
import type { ProcessInfo } from "../../../protocol/process.js";
import type { Known } from "../snapshot.js";

/** The children of one row. */
export interface Group {
  /** Unique among groups. */
  id: string;
  processes: ProcessInfo[];
  pools: PoolInfo[];
}

/** Id of the group for processes and pools of disconnected clients. */
const gone = "client/gone";
/** The session of processes that the server starts for runs. */
const serverSession = "server";

/** Finds the children of each client and each process. */
export class Family {
  readonly #known: Known;
  readonly #ownSession: string | null;
  readonly #groups = new Map<string, Group>();
  readonly #pools = new Map<string, ProcessInfo[]>();

  constructor(known: Known, ownSession: string | null) {
    this.#known = known;
    this.#ownSession = ownSession;
    for (const pool of known.pools.values()) this.#pools.set(pool.pool, []);
    const alone: ProcessInfo[] = [];
    for (const process of known.processes.values()) {
      // A warm host is no client's child.
      if (process.role === "host") continue;
      const workers = process.pool === null ? undefined : this.#pools.get(process.pool);
      if (workers) workers.push(process);
      else alone.push(process);
    }
    for (const pool of known.pools.values()) {
      const workers = this.#pools.get(pool.pool)!;
      // It has been closed, and nothing is left of it.
      if (pool.state !== "running" && pool.workers === 0 && workers.length === 0) continue;
      const owner =
        known.sessions.get(pool.session)?.process ?? workers.find((worker) => worker.parent !== null)?.parent ?? null;
      this.#group(this.#place(owner, this.#sessionOf(pool.session, pool.run !== null))).pools.push(pool);
    }
    for (const process of alone)
      this.#group(
        this.#place(process.parent, this.#sessionOf(process.session, process.session === serverSession)),
      ).processes.push(process);
  }

  /** The window's own client first, disconnected ones last. Clients without children are left out. */
  clients(): (string | null)[] {
    const sessions = [...this.#known.sessions.keys()].filter((session) => this.#groups.has(`client/${session}`));
    const own = sessions.filter((session) => session === this.#ownSession);
    return [
      ...own,
      ...sessions.filter((session) => session !== this.#ownSession),
      ...(this.#groups.has(gone) ? [null] : []),
    ];
  }

  ofClient(session: string | null): Group {
    return this.#group(session === null ? gone : `client/${session}`);
  }

  ofProcess(process: string): Group {
    return this.#groups.get(process) ?? { id: process, processes: [], pools: [] };
  }

  ofPool(pool: string): readonly ProcessInfo[] {
    return this.#pools.get(pool) ?? [];
  }

  /**
   * A run continues without the client that started it, and the window follows it, as after a reload. The same holds
   * for processes whose run's pool has ended.
   */
  #sessionOf(session: string, isOfRun: boolean): string {
    return isOfRun && this.#ownSession !== null && !this.#known.sessions.has(session) ? this.#ownSession : session;
  }

  /** Below the process that started it, else below its client. */
  #place(parent: string | null, session: string): string {
    const process = parent === null ? undefined : this.#known.processes.get(parent);
    if (process && process.role !== "host") return process.process;
    return parent === null && this.#known.sessions.has(session) ? `client/${session}` : gone;
  }

  #group(id: string): Group {
    let group = this.#groups.get(id);
    if (!group) this.#groups.set(id, (group = { id, processes: [], pools: [] }));
    return group;
  }
}
