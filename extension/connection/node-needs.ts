import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import satisfies from "semver/functions/satisfies.js";
import validRange from "semver/ranges/valid.js";
import { isTranslator, translators } from "../../bindings/typescript/host/typescript/kinds.js";

/** What the functions of a folder need of the Node.js that runs them. */
export interface NodeNeeds {
  /** A folder with `tsconfig.json` whose TypeScript Node.js must run by itself. Null: there is none. */
  typescript: string | null;
  /** The versions that the nearest `package.json` allows. */
  engines: { file: string; range: string } | null;
}

/** A Node.js that was asked. `strips`: it can remove types from TypeScript. */
export interface AskedNode {
  path: string;
  version: string;
  strips: boolean;
}

export function nodeNeeds(folder: string): NodeNeeds {
  const folders = upwards(folder);
  const typescript = folders.find((at) => existsSync(join(at, "tsconfig.json"))) ?? null;
  // Packages of Plug'n'Play are in no folder: what is there is not known here.
  const isTranslated = folders.some(
    (at) => existsSync(join(at, ".pnp.cjs")) || translators.some((name) => translates(name, at)),
  );
  return { typescript: isTranslated ? null : typescript, engines: enginesOf(folders) };
}

/** What this Node.js lacks, for people. Null: nothing. */
export function lackOf(node: AskedNode, { typescript, engines }: NodeNeeds): string | null {
  const name = `Node.js ${node.version} (${node.path})`;
  if (engines !== null && !satisfies(node.version, engines.range))
    return `engines.node of ${engines.file} is ${engines.range}, which rules out ${name}`;
  if (typescript === null || node.strips) return null;
  return (
    `${name} cannot run the TypeScript of ${typescript}, ` +
    "which has none of tsx, esbuild, @swc/core and typescript (5 or 6)"
  );
}

/** pnpm links what only dependencies need, such as a bundler's esbuild, into a folder apart. */
function translates(name: (typeof translators)[number], folder: string): boolean {
  return ["node_modules", "node_modules/.pnpm/node_modules"].some((packages) => {
    const version = read(join(folder, packages, name, "package.json"))?.["version"];
    return typeof version === "string" && isTranslator(name, version);
  });
}

/** The nearest `package.json` counts, as for npm. */
function enginesOf(folders: readonly string[]): NodeNeeds["engines"] {
  const file = folders.map((at) => join(at, "package.json")).find((path) => existsSync(path));
  const engines = file && read(file)?.["engines"];
  const range = (engines as { node?: unknown } | null | undefined)?.node;
  return file !== undefined && typeof range === "string" && validRange(range) !== null ? { file, range } : null;
}

/** A JSON object. Undefined: it is not there, or its own tools report what is wrong with it. */
function read(path: string): Record<string, unknown> | undefined {
  try {
    return (JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown> | null) ?? undefined;
  } catch {
    return undefined;
  }
}

function upwards(folder: string): string[] {
  const at = resolve(folder);
  return dirname(at) === at ? [at] : [at, ...upwards(dirname(at))];
}
