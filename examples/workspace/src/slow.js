import { statSync } from "node:fs";
import { basename } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** Takes a second or two for each file, and prints its progress. Use it to watch the views, or to end a run. */
export async function lookClosely(path) {
  const { size } = statSync(path);
  const steps = 4 + (size % 5);
  for (let step = 1; step <= steps; step++) {
    console.log(`${basename(path)}: step ${step} of ${steps}`);
    await delay(250);
  }
  return `${size} bytes`;
}

/** Never ends. */
export async function waitForever() {
  for (;;) await delay(1000);
}
