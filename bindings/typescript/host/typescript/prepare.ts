import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { needsCompiler } from "./kinds.js";

/** Options of Node by which a program chooses its loader itself. */
const loaders =
  /(?:^|[\s"'=/\\@])(?:tsx|ts-node|ts-node-maintained|swc-node|oxc-node|esbuild-register|jiti)(?:$|[\s"'/\\])/;

const requireOption = /(?:^|\s)(?:-r|--require)(?:\s+|=)(?:"[^"]*"|\S+)/g;

let prepared: Promise<void> | null = null;
let hasOwnHooks = false;
/** The options of Node name hooks of `require` alone, such as `-r ts-node/register`. */
let requires = false;

/**
 * Call before loading a module. If it is TypeScript, or JavaScript of a project with `allowJs`, decides once for this
 * process what loads TypeScript: what the options of Node name; the project's tsx; our own hooks. Before the first
 * attempt, because Node remembers failed loads.
 */
export async function prepareFor(url: string): Promise<void> {
  if (prepared) return prepared;
  if (!url.startsWith("file:")) return;
  const path = fileURLToPath(url.replace(/[?#].*$/, ""));
  if (!needsCompiler(path)) {
    const { projectOf } = await import("./project.js");
    if (projectOf(path)?.options.allowJs !== true) return;
  }
  return (prepared ??= prepare(path));
}

/** The same for source text that imports, if its folder is in a project of TypeScript. */
export async function prepareForFolder(folder: string): Promise<void> {
  if (prepared) return prepared;
  const path = join(folder, "[source text].ts");
  const { projectOf } = await import("./project.js");
  if (projectOf(path) !== null) return (prepared ??= prepare(path));
}

async function prepare(path: string): Promise<void> {
  const options = [...process.execArgv, process.env["NODE_OPTIONS"] ?? ""].join(" ");
  if (loaders.test(options.replaceAll(requireOption, ""))) return;
  if (loaders.test(options) && (await isCommonJs(path))) {
    requires = true;
    return;
  }
  const { registerTsx } = await import("./tsx.js");
  if (await registerTsx(path)) return;
  const { registerOwnHooks } = await import("./own-hooks.js");
  registerOwnHooks();
  hasOwnHooks = true;
}

async function isCommonJs(path: string): Promise<boolean> {
  const { packageType } = await import("./project.js");
  return path.endsWith(".cts") || (!path.endsWith(".mts") && packageType(path) !== "module");
}

/**
 * Loads the module at a URL, after `prepareFor`. When hooks of `import` give Node 20 the source of a `.cts` file, that
 * file cannot require ES modules such as this package. The hooks of `require`, which tsx and its like have, can.
 */
export async function load(url: string): Promise<Record<string, unknown>> {
  const isRequired = requires
    ? needsCompiler(url)
    : url.endsWith(".cts") && !hasOwnHooks && Number.parseInt(process.versions.node) < 22;
  if (!isRequired) return (await import(url)) as Record<string, unknown>;
  const path = fileURLToPath(url);
  const exported = createRequire(path)(path) as object;
  return { ...exported, default: exported };
}
