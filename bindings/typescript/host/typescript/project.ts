import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import {
  createFilesMatcher,
  createPathsMatcher,
  getTsconfig,
  parseTsconfig,
  type TsConfigJsonResolved,
  type TsConfigResult,
} from "get-tsconfig";
import { isInstalled } from "./kinds.js";

export type CompilerOptions = NonNullable<TsConfigJsonResolved["compilerOptions"]>;

/** The tsconfig of a file. */
export interface Project {
  /** Path of the tsconfig. */
  path: string;
  options: CompilerOptions;
  /** Absolute paths that `paths` and `baseUrl` give for an import, in order. */
  matches(specifier: string): string[];
}

const files = new Map<string, string>();
const byFolder = new Map<string, TsConfigResult[]>();
const projects = new Map<string, Project>();

/**
 * The project of a file: of the nearest tsconfig.json, or, if that only lists others (`references`), of the one that
 * includes the file. Null if there is none, and for installed packages.
 */
export function projectOf(path: string): Project | null {
  if (isInstalled(path)) return null;
  const configs = configsOf(dirname(path));
  const config = configs.find((one) => includes(one, path)) ?? configs[0];
  if (config === undefined) return null;
  let project = projects.get(config.path);
  if (!project) {
    const matches = createPathsMatcher(config) ?? (() => []);
    project = { path: config.path, options: config.config.compilerOptions ?? {}, matches };
    projects.set(config.path, project);
  }
  return project;
}

/** The nearest tsconfig.json of a folder, then those that it references. */
function configsOf(folder: string): TsConfigResult[] {
  let found = byFolder.get(folder);
  if (found) return found;
  const nearest = getTsconfig(folder, "tsconfig.json", files);
  found = nearest === null ? [] : [nearest, ...referenced(nearest)];
  byFolder.set(folder, found);
  return found;
}

function referenced({ path, config }: TsConfigResult): TsConfigResult[] {
  return (config.references ?? []).flatMap((reference) => {
    const target = resolve(dirname(path), reference.path);
    try {
      const file = target.endsWith(".json") ? target : join(target, "tsconfig.json");
      return [{ path: file, config: parseTsconfig(file, files) }];
    } catch {
      // The compiler reports a reference that leads nowhere.
      return [];
    }
  });
}

function includes(config: TsConfigResult, path: string): boolean {
  if (config.config.references === undefined) return true;
  return createFilesMatcher(config)(path) !== undefined;
}

const types = new Map<string, "module" | "commonjs" | undefined>();

/** `type` of the nearest package.json. */
export function packageType(path: string): "module" | "commonjs" | undefined {
  return typeOfFolder(dirname(path));
}

function typeOfFolder(folder: string): "module" | "commonjs" | undefined {
  if (types.has(folder)) return types.get(folder);
  const manifest = manifestIn(folder);
  const parent = dirname(folder);
  const type =
    manifest !== undefined
      ? manifest.type === "module" || manifest.type === "commonjs"
        ? manifest.type
        : undefined
      : parent === folder
        ? undefined
        : typeOfFolder(parent);
  types.set(folder, type);
  return type;
}

function manifestIn(folder: string): { type?: unknown } | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { type?: unknown };
  } catch {
    return undefined;
  }
}
