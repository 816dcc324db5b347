import type { Failure, Mode } from "../../../protocol/job.js";
import type { ClusterPoolInfo, HostInfo } from "../../../protocol/cluster.js";
import type { Payload } from "../../../protocol/schema.js";
import type { Target } from "../../../protocol/target.js";

/** What the hosts of a cluster must know of a job to run its packs. */
export interface JobSpec {
  readonly target: Target;
  readonly mode: Mode;
  /** For each pack, counted on its host. */
  readonly timeoutMs: number | null;
  readonly graceMs: number;
  /** The client's server reads the lists of results, so they must be lists: no blob. */
  readonly opens: boolean;
}

/** Items of one job that travel to a host together and run in one worker, one after the other. */
export interface Pack {
  readonly id: number;
  /** Number of the job in its pool. */
  readonly job: number;
  readonly count: number;
  /** Payload of a list of `count` items, without handles. */
  readonly items: Uint8Array;
  readonly priority: number;
  /** It holds several tasks, so it can be split. */
  readonly splits: boolean;
}

/** The outcome of `count` neighbouring items of a pack; `index`: the first of them, counted in the pack. */
export type PackResult = {
  readonly index: number;
  readonly count: number;
  readonly pid: number;
  readonly ms: number;
} & ({ readonly values: Payload } | { readonly error: Failure });

/** The user of a cluster's pool. */
export interface ClusterListener {
  /** A host has taken the pack. */
  began(pack: number): void;
  /** The pack, which runs, is on this host. Comes for packs that run for long only. */
  located(pack: number, host: string): void;
  ended(pack: number, host: string, results: readonly PackResult[]): void;
  /** The pack was cancelled before a host took it. */
  cancelled(pack: number): void;
  /** A host died while it had the pack. Its tasks must be added again, each in a pack of its own. */
  split(pack: number): void;
  /** No host could finish the pack. */
  lost(pack: number, error: Failure): void;
  /** The store cannot be used. Nothing else is reported after this but `closed`. */
  failed(error: Failure): void;
  /** The store holds nothing of the pool. */
  closed(): void;
}

/** A pool in a cluster's store. No method waits, and none throws. */
export interface ClusterPool {
  /** Comes before the first pack of the job. */
  describe(job: number, spec: JobSpec): void;
  add(packs: readonly Pack[]): void;
  /** Cancels packs. One that a host has is stopped, and killed after `graceMs`; with `waiting` it is left alone. */
  cancel(packs: readonly number[], graceMs: number | "waiting"): void;
  /** Removes the pool. Hosts kill what they run of it. */
  close(): void;
}

export interface ClusterPoolOptions {
  readonly name: string | null;
  /** Null: no limit. */
  readonly processes: number | null;
  readonly needs: readonly string[];
}

/** The clusters that a server can use. */
export interface Clusters {
  /** The address without its password. Throws InvalidParams unless it is one of a cluster. */
  shown(address: string): string;
  open(address: string, options: ClusterPoolOptions, listener: ClusterListener): ClusterPool;
  hosts(address: string): Promise<{ hosts: HostInfo[]; pools: ClusterPoolInfo[] }>;
  drain(address: string, host: string): Promise<void>;
}
