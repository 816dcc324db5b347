import { bytes, whole } from "./numbers.js";
import type { Progress, Total } from "./progress.js";
import type { Tally } from "./tally.js";

const everyMs = 1000;

/** A plain line now and then, for logs and pipes. */
export class LineProgress implements Progress {
  readonly #timer: NodeJS.Timeout;

  constructor(tally: Tally, total: Total) {
    this.#timer = setInterval(() => {
      const percent = total.files === 0 ? 100 : Math.floor((100 * tally.done) / total.files);
      console.log(`${String(percent).padStart(3)} %  ${whole(tally.done)} of ${whole(total.files)} files, ${bytes(tally.bytes)} of ${bytes(total.bytes)}, ${tally.workers.size} workers`);
    }, everyMs);
  }

  news(): void {}

  stop(): void {
    clearInterval(this.#timer);
  }
}
