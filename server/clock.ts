import type { Clock, Timer } from "./engine/clock.js";

/** The longest delay of Node's timers: about 24.8 days. */
const longestMs = 0x7fff_ffff;

export const systemClock: Clock = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
  setTimer(delayMs: number, fire: () => void): Timer {
    if (delayMs <= longestMs) {
      // Node rounds delays down, and a wait must not end early.
      const timer = setTimeout(fire, Math.ceil(delayMs));
      return { cancel: () => clearTimeout(timer) };
    }
    let rest = systemClock.setTimer(longestMs, () => (rest = systemClock.setTimer(delayMs - longestMs, fire)));
    return { cancel: () => rest.cancel() };
  },
};
