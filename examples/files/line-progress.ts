import { bytes, counted, whole } from "./numbers.js";
import { doneShare, type Progress, type Total } from "./progress.js";
import type { Tally } from "./tally.js";

const everyMs = 1000;

/** Shows progress as plain lines, for logs and pipes. */
export class LineProgress implements Progress {
  readonly #timer: NodeJS.Timeout;

  constructor(tally: Tally, total: Total) {
    this.#timer = setInterval(() => {
      const percent = Math.floor(100 * doneShare(tally, total));
      console.log(
        `${String(percent).padStart(3)} %  ${whole(tally.done)} of ${whole(total.files)} ` +
          `files, ${bytes(tally.bytes)} of ${bytes(total.bytes)}, ${counted(tally.workers.size, "worker")}`,
      );
    }, everyMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
