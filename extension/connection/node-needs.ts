import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/** What the functions of a folder need of the Node.js that runs them. */
export interface NodeNeeds {
  /** A folder with `tsconfig.json` whose TypeScript Node.js must run by itself. Null: there is none. */
  typescript: string | null;
  /** The `package.json` whose `engines.node` names a first version, and that version. */
  engines: { file: string; first: readonly [major: number, minor: number] } | null;
}

/** A Node.js that was asked. `strips`: it can remove types from TypeScript. */
export interface AskedNode {
  path: string;
  version: string;
  strips: boolean;
}

/** Each of these translates TypeScript for a function, if its project has it. */
const translators = ["tsx", "esbuild", "@swc/core", "typescript"];

export function nodeNeeds(folder: string): NodeNeeds {
  const folders = upwards(folder);
  const typescript = folders.find((at) => existsSync(join(at, "tsconfig.json"))) ?? null;
  // Packages of Plug'n'Play are in no folder: what is there is not known here.
  const isTranslated = folders.some(
    (at) =>
      existsSync(join(at, ".pnp.cjs")) ||
      translators.some((name) => existsSync(join(at, "node_modules", name, "package.json"))),
  );
  return { typescript: isTranslated ? null : typescript, engines: enginesOf(folders) };
}

/** What this Node.js lacks, for people. Null: nothing. */
export function lackOf(node: AskedNode, { typescript, engines }: NodeNeeds): string | null {
  const name = `Node.js ${node.version} (${node.path})`;
  if (engines !== null) {
    const [major = 0, minor = 0] = node.version.split(".").map(Number);
    const [firstMajor, firstMinor] = engines.first;
    if (major < firstMajor || (major === firstMajor && minor < firstMinor))
      return `${name} is older than ${firstMajor}.${firstMinor}, the first that engines.node of ${engines.file} allows`;
  }
  if (typescript === null || node.strips) return null;
  return `${name} cannot run the TypeScript of ${typescript}, which has none of ${translators.join(", ")}`;
}

/** The nearest `package.json` counts, as for npm. */
function enginesOf(folders: readonly string[]): NodeNeeds["engines"] {
  const file = folders.map((at) => join(at, "package.json")).find((path) => existsSync(path));
  if (file === undefined) return null;
  try {
    const { engines } = JSON.parse(readFileSync(file, "utf8")) as { engines?: { node?: unknown } };
    const first = typeof engines?.node === "string" ? firstOf(engines.node) : null;
    return first && { file, first };
  } catch {
    // Its own tools report what is wrong with it.
    return null;
  }
}

/** The first version that a range such as `^20.19 || >=22.12` allows. Null: any. */
function firstOf(range: string): readonly [number, number] | null {
  const firsts = range.split("||").map((part) => {
    const found = /(?:^|\s)(?:>=?|[\^~=]|)\s*v?(\d+)(?:\.(\d+))?/.exec(part);
    return found ? ([Number(found[1]), Number(found[2] ?? 0)] as const) : null;
  });
  return firsts.includes(null) ? null : (firsts.toSorted((a, b) => a![0] - b![0] || a![1] - b![1])[0] ?? null);
}

function upwards(folder: string): string[] {
  const at = resolve(folder);
  return dirname(at) === at ? [at] : [at, ...upwards(dirname(at))];
}
