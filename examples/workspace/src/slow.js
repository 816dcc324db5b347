import { statSync } from "node:fs";
import { basename } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** Takes a second or two for each file, and says so while it works. Good for looking at the views, and for ending it. */
export async function lookClosely(path) {
  const { size } = statSync(path);
  const steps = 4 + (size % 5);
  for (let step = 1; step <= steps; step++) {
    console.log(`${basename(path)}: step ${step} of ${steps}`);
    await delay(250);
  }
  return `${size} bytes`;
}

/** Never ends by itself. */
export async function waitForever() {
  for (;;) await delay(1000);
}
