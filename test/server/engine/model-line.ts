import assert from "node:assert/strict";
import type { Session } from "../../../server/engine/session.js";
import type { Probe } from "./probe.js";

/** A pending request. */
export interface Request<T> {
  readonly session: Session;
  readonly probe: Probe<T>;
  readonly deadline: number;
}

export interface Acquired {
  acquired: boolean;
  ownerDied: boolean;
}

/** The requests that are pending in the model, in order. */
export class Line<T, R extends Request<T> = Request<T>> {
  waiting: R[] = [];

  shift(): R | undefined {
    return this.waiting.shift();
  }

  /** Removes and returns all matching requests. */
  leave(of: (request: R) => boolean): R[] {
    const left = this.waiting.filter(of);
    this.waiting = this.waiting.filter((request) => !of(request));
    return left;
  }

  /** Cancels one of the requests. */
  cancel(pick: number): void {
    const chosen = this.waiting[pick % Math.max(1, this.waiting.length)];
    chosen?.probe.cancel();
    for (const { probe } of this.leave((request) => request === chosen))
      assert.equal(probe.failure, "RequestCancelled");
  }
}

/** The requests that wait for a lock or for permits. */
export class AcquireLine extends Line<Acquired> {
  /** The time is `now`: requests whose deadline has passed got nothing. */
  pass(now: number): void {
    for (const { probe } of this.leave((request) => request.deadline <= now)) assert.equal(probe.value.acquired, false);
  }

  /** The session has ended. */
  end(session: Session): void {
    for (const { probe } of this.leave((request) => request.session === session))
      assert.equal(probe.failure, "RequestCancelled");
  }
}
