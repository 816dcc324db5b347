import { PolyprocError } from "../../../protocol/errors.js";
import type { SyncInfo } from "../../../protocol/events.js";
import type { Handle } from "../../../protocol/schema.js";
import type { SyncDependencies } from "./dependencies.js";
import { releasedByAll, type SharedObject } from "../registry.js";
import type { Holding, Session } from "../session.js";
import type { Wait } from "../wait.js";
import { WaitLine } from "../wait-line.js";

export interface BarrierOptions {
  parties: number;
  hasAction: boolean;
  /** Timeout of waits that give none; null: no limit. */
  timeoutMs: number | null;
}

export interface Passed {
  /** Place in the order of arrival, from 0. */
  index: number;
  runAction: boolean;
}

/**
 * - `filling`: fewer than `parties` wait.
 * - `acting`: all parties have arrived. `runner` runs the action; the other parties wait in `round`.
 * - `broken`: each wait fails until `reset`.
 */
type State = { name: "filling" } | { name: "acting"; runner: Session; round: WaitLine<Passed> } | { name: "broken" };

/**
 * Each round ends when `parties` parties have arrived; then the next round begins. If a waiting party times out, is
 * cancelled or dies, the barrier breaks: the others fail instead of waiting for a party that will not arrive.
 */
export class Barrier implements SharedObject, Holding {
  readonly handle: Handle;
  readonly parties: number;
  readonly #engine: SyncDependencies;
  readonly #hasAction: boolean;
  readonly #timeoutMs: number | null;
  /** Waits of the round that is filling, in order of arrival. While an action runs, that is the next round. */
  readonly #arrived = new WaitLine<Passed>(() => this.#break("a party left"), {
    object: this,
    reason: "parties",
  });
  #state: State = { name: "filling" };

  constructor(engine: SyncDependencies, handle: Handle, options: BarrierOptions) {
    this.#engine = engine;
    this.handle = handle;
    this.parties = options.parties;
    this.#hasAction = options.hasAction;
    this.#timeoutMs = options.timeoutMs;
  }

  wait(session: Session, timeoutMs: number | null | undefined): Passed | Wait<Passed> {
    if (this.#state.name === "broken") throw this.#brokenError("is broken");
    const limit = timeoutMs ?? this.#timeoutMs;
    if (this.#state.name === "filling" && this.#arrived.length === this.parties - 1)
      return this.#complete(session, this.#arrived.takeAll());
    if (limit === 0) {
      this.#break("a party arrived with timeoutMs 0 before the last one");
      throw this.#brokenError("was broken by this wait, whose timeoutMs was 0");
    }
    const { wait } = this.#arrived.add(session, null, {
      timeoutMs: limit,
      onTimeout: () => {
        throw this.#brokenError("was broken by this wait, which took longer than timeoutMs");
      },
    });
    this.#changed();
    return wait;
  }

  /** The runner reports that the action has returned (`ok`) or failed. */
  actionDone(session: Session, ok: boolean): null {
    if (this.#state.name !== "acting" || this.#state.runner !== session) {
      throw new PolyprocError(
        "BadState",
        `this session does not run the action of ${this.handle}: it was not chosen, or the round was broken or ` +
          "reset in the meantime",
      );
    }
    if (!ok) this.#break("the action failed");
    else {
      const { round } = this.#state;
      this.#toFilling();
      this.#release(round);
      this.#admit();
    }
    return null;
  }

  reset(): null {
    this.#endRounds({ name: "filling" }, this.#brokenError("was reset"));
    this.#changed();
    return null;
  }

  abort(): null {
    this.#break("it was aborted");
    return null;
  }

  status(): { parties: number; waiting: number; broken: boolean } {
    return { parties: this.parties, waiting: this.#waiting(), broken: this.#state.name === "broken" };
  }

  describe(): SyncInfo {
    const round = this.#state.name === "acting" ? this.#state.round.sessionIds : [];
    return {
      handle: this.handle,
      kind: "barrier",
      holders: this.#state.name === "acting" ? [this.#state.runner.id] : [],
      waiters: [...round, ...this.#arrived.sessionIds],
      value: this.#waiting(),
      limit: this.parties,
    };
  }

  /** The session that ran the action has ended. */
  holderEnded(): void {
    this.#break("the party that ran the action ended");
  }

  unreferenced(): void {
    this.#endRounds({ name: "filling" }, releasedByAll(this.handle));
  }

  /** The last party has arrived: its answer is immediate. */
  #complete(session: Session, round: WaitLine<Passed>): Passed {
    if (this.#hasAction) {
      this.#state = { name: "acting", runner: session, round };
      session.holdings.add(this);
    } else this.#release(round);
    this.#changed();
    return { index: this.parties - 1, runAction: this.#hasAction };
  }

  #release(round: WaitLine<Passed>): void {
    round.resolveAll((index) => ({ index, runAction: false }));
    this.#changed();
  }

  /** Completes the rounds of the parties that arrived during the action. */
  #admit(): void {
    while (this.#state.name === "filling" && this.#arrived.length >= this.parties) {
      const round = this.#arrived.takeFirst(this.parties - 1);
      const { wait } = this.#arrived.shift()!;
      wait.resolve(this.#complete(wait.session, round));
    }
  }

  #break(why: string): void {
    this.#endRounds({ name: "broken" }, this.#brokenError(`was broken: ${why}`));
    this.#changed();
  }

  #toFilling(): void {
    if (this.#state.name === "acting") this.#state.runner.holdings.delete(this);
    this.#state = { name: "filling" };
  }

  /** All parties that wait fail, those of the round that acts first. */
  #endRounds(next: State, error: PolyprocError): void {
    const rounds = this.#state.name === "acting" ? [this.#state.round] : [];
    rounds.push(this.#arrived.takeAll());
    this.#toFilling();
    this.#state = next;
    for (const round of rounds) round.rejectAll(error);
  }

  #waiting(): number {
    return this.#arrived.length + (this.#state.name === "acting" ? this.#state.round.length : 0);
  }

  #brokenError(what: string): PolyprocError {
    return new PolyprocError("BrokenBarrier", `${this.handle} ${what}; its parties can meet again after barrier/reset`);
  }

  #changed(): void {
    this.#engine.events.syncChanged(this, false);
  }
}
