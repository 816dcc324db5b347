import { randomBytes } from "node:crypto";
import type { Redis } from "ioredis";
import { PolyprocError } from "../../protocol/errors.js";
import type { PermitLine, PermitListener, PermitPlace } from "../engine/sync/permit-link.js";
import type { ClusterAddress } from "./address.js";
import { Leases } from "./leases.js";
import { acquireScript, leaveScript, renewScript, statusScript } from "./permit-scripts.js";
import { SharedConnection } from "./shared-connection.js";
import type { Store } from "./store.js";
import { asUnavailable, unavailable } from "./unavailable.js";

/** How often leases are looked at, in milliseconds. */
const checkMs = 50;
/** Milliseconds after the end of a lease at which a waiter asks again: clocks are coarse. */
const afterLeaseMs = 5;

type Script = (...args: (string | number)[]) => Promise<number[]>;
type ScriptedRedis = Redis &
  Record<"ppAcquire" | "ppRenew" | "ppStatus", Script> & {
    ppLeave: (...args: (string | number)[]) => Promise<number>;
  };

/** A request for a permit, and then the permit. */
interface Place {
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly permits: number;
  readonly holder: string;
  readonly waits: boolean;
  readonly listener: PermitListener;
  state: "waiting" | "held" | "left";
  asking: boolean;
  /** It was its turn while the last question was under way. */
  askAgain: boolean;
  timer: NodeJS.Timeout | undefined;
}

/** The locks and semaphores of one cluster that this server uses. It connects with the first of them. */
export class Permits {
  readonly #address: ClusterAddress;
  readonly #shared: SharedConnection;
  readonly #instance = randomBytes(9).toString("hex");
  readonly #places = new Map<string, Place>();
  readonly #leases: Leases;
  readonly #leaving = new Set<Promise<unknown>>();
  #open = 0;
  #next = 1;
  #renewing = false;

  constructor(address: ClusterAddress, warn: (text: string) => void) {
    this.#address = address;
    this.#leases = new Leases(address.leaseMs);
    const askAll = () => {
      for (const place of this.#places.values()) this.#turnOf(place);
    };
    this.#shared = new SharedConnection(address, warn, {
      prepare,
      channel: ({ keys }) => keys.turns,
      woken: (ids) => {
        for (const id of ids.split(" ")) this.#turnOf(this.#places.get(id));
      },
      mayHaveMissed: askAll,
      timers: [
        { everyMs: checkMs, run: () => this.#leases.check(performance.now()) },
        { everyMs: address.leaseMs / 3, run: (store) => void this.#renew(store) },
      ],
    });
  }

  line(kind: "lock" | "semaphore", name: string, permits: number): PermitLine {
    this.#open++;
    return {
      acquire: (holder, waits, listener) => this.#acquire({ kind, name, permits, holder, waits, listener }),
      status: async () => {
        const store = await this.#shared.store();
        const answer = await scripted(store)
          .ppStatus(...store.keys.permits(kind, name), permits)
          .catch(unavailable);
        const [all, waiters, ...holders] = answer as unknown as [number, number, ...string[]];
        return { permits: all, waiters, holders };
      },
      close: () => {
        if (--this.#open === 0) void this.end();
      },
    };
  }

  /** Disconnects when the store knows what was left. */
  async end(): Promise<void> {
    await Promise.all(this.#leaving);
    if (this.#open === 0) await this.#shared.end();
  }

  #acquire(given: Pick<Place, "kind" | "name" | "permits" | "holder" | "waits" | "listener">): PermitPlace {
    const id = `${this.#instance}.${this.#next++}`;
    const place: Place = { ...given, id, state: "waiting", asking: false, askAgain: false, timer: undefined };
    this.#places.set(id, place);
    void this.#ask(place);
    return {
      leave: (died) => {
        const left = this.#leave(place, died);
        const known = left.catch(() => {});
        this.#leaving.add(known);
        void known.then(() => this.#leaving.delete(known));
        return left;
      },
      lapse: () => {
        clearTimeout(place.timer);
        this.#over(place);
      },
    };
  }

  #turnOf(place: Place | undefined): void {
    if (place?.state === "waiting") void this.#ask(place);
  }

  async #ask(place: Place): Promise<void> {
    if (place.asking) {
      place.askAgain = true;
      return;
    }
    clearTimeout(place.timer);
    place.asking = true;
    place.askAgain = false;
    try {
      const store = await this.#shared.store();
      const redis = scripted(store);
      if (place.state === "left") return;
      if (!place.waits && redis.status !== "ready") throw new Error("Redis is not connected");
      const sent = performance.now();
      const { leaseMs } = this.#address;
      const [acquired = 0, number = 0, died = 0] = await redis.ppAcquire(
        ...store.keys.permits(place.kind, place.name),
        ...[place.id, place.holder, leaseMs, place.permits, place.waits ? 1 : 0],
      );
      // `leave` was called since: its message follows this one.
      if (place.state !== "waiting") return;
      if (acquired === 0 && !place.waits) this.#over(place).refused();
      else if (acquired === 0) this.#askLater(place, Math.min(number + afterLeaseMs, leaseMs / 3));
      // The answer was long under way. Asking again renews the lease.
      else if (this.#leases.isLate(performance.now() - sent)) place.askAgain = true;
      else {
        place.state = "held";
        this.#leases.begin(place.id, sent, () => this.#over(place).lapsing());
        place.listener.granted({ fence: number, ownerDied: died === 1 });
        this.#tellLease(place, sent);
      }
    } catch (error) {
      if (place.state === "waiting") this.#over(place).failed(asUnavailable(error));
    } finally {
      place.asking = false;
      if (place.askAgain) this.#turnOf(place);
    }
  }

  #askLater(place: Place, ms: number): void {
    place.timer = setTimeout(() => this.#turnOf(place), Math.max(ms, afterLeaseMs));
  }

  /** The place ends without `leave`. */
  #over(place: Place): PermitListener {
    place.state = "left";
    this.#leases.end(place.id);
    this.#places.delete(place.id);
    return place.listener;
  }

  #tellLease(place: Place, sent: number): void {
    if (place.state === "held") place.listener.goodFor(sent + this.#leases.lastMs - performance.now());
  }

  async #leave(place: Place, died: boolean): Promise<void> {
    const { state } = place;
    if (state === "left") return;
    clearTimeout(place.timer);
    this.#over(place);
    if (!this.#shared.isUsed) return;
    const { leaseMs } = this.#address;
    let timer: NodeJS.Timeout | undefined;
    const lapsed = new Promise<null>((resolve) => (timer = setTimeout(() => resolve(null), leaseMs)));
    const held = await Promise.race([this.#sendLeave(place, died), lapsed]);
    clearTimeout(timer);
    if (state === "held" && held === 0)
      throw new PolyprocError(
        "BadState",
        `the lease of ${place.kind} ${place.name} had ended before it was released: another holder may have used ` +
          "what it protects",
      );
  }

  /** Whether it held a permit; null if that is not known. */
  async #sendLeave(place: Place, died: boolean): Promise<number | null> {
    try {
      const store = await this.#shared.store();
      const { keys } = store;
      return await scripted(store).ppLeave(...keys.permits(place.kind, place.name), place.id, died ? 1 : 0, keys.turns);
    } catch {
      return null;
    }
  }

  async #renew(store: Store): Promise<void> {
    // Commands wait for a lost connection: they must not collect.
    if (this.#renewing) return;
    this.#renewing = true;
    const held = new Map<string, Place[]>();
    for (const place of this.#places.values()) {
      if (place.state !== "held") continue;
      const key = `${place.kind}:${place.name}`;
      held.set(key, [...(held.get(key) ?? []), place]);
    }
    const sent = performance.now();
    try {
      await Promise.all(
        [...held.values()].map(async (places) => {
          const { kind, name } = places[0]!;
          const ids = places.map(({ id }) => id);
          const answers = await scripted(store).ppRenew(
            ...store.keys.permits(kind, name),
            this.#address.leaseMs,
            ...ids,
          );
          for (const [i, place] of places.entries()) {
            if (place.state !== "held") continue;
            if (answers[i] === 1) {
              this.#leases.renewed(place.id, sent);
              this.#tellLease(place, sent);
            } else this.#over(place).lapsing();
          }
        }),
      );
    } catch {
      // The leases lapse, unless a later renewal succeeds.
    } finally {
      this.#renewing = false;
    }
  }
}

function prepare(redis: Redis): void {
  redis.defineCommand("ppAcquire", { numberOfKeys: 4, lua: acquireScript });
  redis.defineCommand("ppRenew", { numberOfKeys: 4, lua: renewScript });
  redis.defineCommand("ppLeave", { numberOfKeys: 4, lua: leaveScript });
  redis.defineCommand("ppStatus", { numberOfKeys: 4, lua: statusScript });
}

function scripted({ redis }: Store): ScriptedRedis {
  return redis as ScriptedRedis;
}
