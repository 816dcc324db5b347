import type { Clock, Timer } from "../../../server/engine/clock.js";

interface Alarm {
  readonly at: number;
  readonly fire: () => void;
}

/** A clock that a test moves. */
export class FakeClock implements Clock {
  #now = 0;
  readonly #alarms = new Set<Alarm>();

  now(): number {
    return this.#now;
  }

  wallTime(): number {
    return 1_700_000_000_000 + this.#now;
  }

  setTimer(delayMs: number, fire: () => void): Timer {
    const alarm: Alarm = { at: this.#now + delayMs, fire };
    this.#alarms.add(alarm);
    return { cancel: () => this.#alarms.delete(alarm) };
  }

  /** Timers that have not fired. */
  get timers(): number {
    return this.#alarms.size;
  }

  /** Moves the clock, and fires timers in the order in which they fall due, also those that are set by other timers. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let next = this.#next(end); next; next = this.#next(end)) {
      this.#alarms.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.fire();
    }
    this.#now = end;
  }

  #next(end: number): Alarm | undefined {
    let next: Alarm | undefined;
    for (const alarm of this.#alarms) if (alarm.at <= end && (!next || alarm.at < next.at)) next = alarm;
    return next;
  }
}
