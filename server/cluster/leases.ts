/** Work that this host has on lease. */
interface Lease {
  /** When it was last known to be good: before the message that renewed it was sent. */
  good: number;
  readonly lapse: () => void;
}

/**
 * Which leases are good, by this host's monotonic clock. Work whose lease cannot be renewed is ended before the store
 * gives it to another host.
 */
export class Leases {
  readonly #leases = new Map<string, Lease>();
  readonly #limitMs: number;
  /** Milliseconds after which all work on a lease must have ended, also if this process hangs. */
  readonly lastMs: number;

  constructor(leaseMs: number) {
    this.#limitMs = leaseMs - Math.min(Math.max(leaseMs / 4, 1000), leaseMs / 2);
    this.lastMs = (this.#limitMs + leaseMs) / 2;
  }

  /** Whether the answer to a message that began a lease took too long to rely on it. */
  isLate(ms: number): boolean {
    return ms >= this.#limitMs / 2;
  }

  /** `lapse` is called once, if the lease is not renewed in time. */
  begin(id: string, good: number, lapse: () => void): void {
    this.#leases.set(id, { good, lapse });
  }

  /** The store has renewed it. `sent`: when it was asked to. */
  renewed(id: string, sent: number): void {
    const lease = this.#leases.get(id);
    if (lease) lease.good = Math.max(lease.good, sent);
  }

  end(id: string): void {
    this.#leases.delete(id);
  }

  /** Ends the work of leases that may lapse soon. */
  check(now: number): void {
    for (const [id, { good, lapse }] of this.#leases) {
      if (now - good < this.#limitMs) continue;
      this.#leases.delete(id);
      lapse();
    }
  }
}
