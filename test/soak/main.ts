/**
 * `npm run soak -- [--seconds N] [--seed S] [--first ROUND] [--rounds N] [--only SCENARIO,…]`. Exits with 1 when
 * something does not hold. `--cluster [--faults N]`: random faults of a cluster's hosts, Redis and clients instead.
 */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { describeClusterFigures, describeClusterRound, soakCluster } from "./cluster/soak-cluster.js";
import { scenarios } from "./scenarios/all.js";
import { describeFigures, describeRound, repeatCommand, soak, type SoakOptions } from "./soak.js";

/** Longer ones are written to a file. */
const shownCharacters = 3000;

const { values } = parseArgs({
  options: {
    seconds: { type: "string" },
    seed: { type: "string" },
    first: { type: "string" },
    rounds: { type: "string" },
    only: { type: "string" },
    cluster: { type: "boolean", default: false },
    faults: { type: "string" },
  },
});
const options: SoakOptions = {
  seconds: wholeNumber("seconds", values.seconds, 60),
  seed: wholeNumber("seed", values.seed, Date.now() % 1_000_000),
  first: wholeNumber("first", values.first, 1),
  rounds: wholeNumber("rounds", values.rounds, Number.MAX_SAFE_INTEGER),
  only: values.only === undefined ? [] : values.only.split(","),
};
const unknown = options.only.filter((name) => !scenarios.some((scenario) => scenario.name === name));
if (unknown.length > 0)
  fail(`there is no scenario ${unknown.join()}; there are ${scenarios.map(({ name }) => name).join()}`);

console.log(`seed ${options.seed}`);
if (values.cluster) await soakHosts();
else await soakProcesses();

async function soakHosts(): Promise<void> {
  const faults = wholeNumber("faults", values.faults, Number.MAX_SAFE_INTEGER);
  const seconds = wholeNumber("seconds", values.seconds, values.faults === undefined ? 60 : Number.MAX_SAFE_INTEGER);
  const figures = await soakCluster({ ...options, seconds, faults }, (report) => {
    console.log(describeClusterRound(report));
    if (report.findings.length === 0) return;
    process.exitCode = 1;
    console.log(report.findings.join("\n").slice(0, shownCharacters));
  });
  console.log(describeClusterFigures(figures));
}

async function soakProcesses(): Promise<void> {
  const figures = await soak(options, (report) => {
    console.log(describeRound(report));
    if (report.faults.length === 0) return;
    process.exitCode = 1;
    const text = [JSON.stringify(report.plan.actions), JSON.stringify(report.hits), ...report.faults].join("\n");
    const file = join(mkdtempSync(join(tmpdir(), "polyproc-soak-evidence-")), "faults.txt");
    writeFileSync(file, text);
    console.log(
      `${report.faults.map((fault) => fault.slice(0, shownCharacters)).join("\n")}\nthe whole of it: ${file}\n` +
        `repeat it: ${repeatCommand(options, report.plan)}`,
    );
  });
  console.log(describeFigures(figures));
}

function wholeNumber(name: string, text: string | undefined, usual: number): number {
  if (text === undefined) return usual;
  if (!/^\d{1,15}$/.test(text)) fail(`--${name} must be a whole number; got ${JSON.stringify(text)}`);
  return Number(text);
}

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}
