/**
 * Runs the suite under other versions of Node: `npm run test:node -- VERSION… [PART-OF-A-PATH…]`, such as
 * `npm run test:node -- 22 24 engine/lock`. Each version is an npm package of Node's binary, kept in `dist/node`.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { delimiter, dirname, join } from "node:path";
import { root } from "./fixture.js";
import { installNode } from "./runner/node-binary.js";

const versions = process.argv.slice(2).filter((argument) => /^\d+(\.\d+)*$/.test(argument));
const filters = process.argv.slice(2).filter((argument) => !versions.includes(argument));
if (versions.length === 0) {
  console.log("say which versions: npm run test:node -- 22 24 26");
  process.exit(2);
}

async function run(command: string, args: string[], path: string): Promise<boolean> {
  const child = spawn(command, args, { cwd: root, stdio: "inherit", env: { ...process.env, PATH: path } });
  const [code] = (await once(child, "exit")) as [number | null];
  return code === 0;
}

const outcomes: [version: string, passed: boolean][] = [];
for (const version of versions) {
  console.log(`\nNode ${version}:`);
  const binary = installNode(version);
  const path = binary && `${dirname(binary)}${delimiter}${process.env["PATH"] ?? ""}`;
  outcomes.push([
    version,
    binary !== null && (await run(binary, [join(root, "dist", "test", "run.js"), ...filters], path!)),
  ]);
}
console.log();
for (const [version, passed] of outcomes) console.log(`Node ${version}: ${passed ? "passed" : "FAILED"}`);
process.exitCode = outcomes.every(([, passed]) => passed) ? 0 : 1;
