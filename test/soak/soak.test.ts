import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { describeFigures, describeRound, repeatCommand, soak, type SoakOptions } from "./soak.js";
import { needs } from "../tools/needs.js";

/** Most characters of a failure's text that are shown. */
const shownCharacters = 20_000;

describe(
  "a soak",
  {
    skip:
      process.platform === "linux"
        ? needs("python3").skip
        : "it finds processes by their environment, as Linux tells them",
  },
  () => {
    it("of a minute holds, whichever processes are killed or stopped", { timeout: 400_000 }, async (t) => {
      const options: SoakOptions = {
        seed: Date.now() % 1_000_000,
        seconds: 60,
        first: 1,
        rounds: Number.MAX_SAFE_INTEGER,
        only: [],
      };
      t.diagnostic(`seed ${options.seed}`);
      const figures = await soak(options, async (report) => {
        // A test of its own, so that the runner hears of it.
        await t.test(describeRound(report), () => {
          const told = [repeatCommand(options, report.plan), JSON.stringify(report.hits), ...report.faults].join("\n");
          assert.equal(report.faults.length, 0, told.slice(0, shownCharacters));
        });
      });
      assert.ok(figures.rounds > 0);
      t.diagnostic(describeFigures(figures));
    });
  },
);
