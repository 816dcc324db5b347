import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { root } from "../fixture.js";

export const folders = [
  "protocol",
  "native",
  "cache",
  "server",
  "bindings",
  "agents",
  "sources",
  "cli",
  "bench",
  "examples",
  "extension",
  "packaging",
  "test",
];

/** Projects as users have them: their ways are their own. */
const strangers = join("test", "fixtures", "projects");

export interface Source {
  /** Path from the package's folder. */
  path: string;
  text: string;
}

/** The sources of the project whose paths match: by default those in TypeScript. */
export function readSources(kind = /(?<!\.d)\.ts$/): Source[] {
  const sources: Source[] = [];
  for (const folder of folders) {
    let names: string[];
    try {
      names = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" });
    } catch {
      continue;
    }
    for (const name of names) {
      if (!kind.test(name) || name.split("/").includes("node_modules")) continue;
      const path = join(folder, name);
      if (path.startsWith(strangers)) continue;
      sources.push({ path, text: readFileSync(join(root, path), "utf8") });
    }
  }
  return sources;
}

export function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/(?<=^|\s)\/\/.*$/gm, "");
}

export function importsOf(source: Source): string[] {
  const text = withoutComments(source.text);
  const patterns = [
    /^\s*(?:import|export)\s[^;"]*?\sfrom\s*"([^"]+)"/gm,
    /^\s*import\s*"([^"]+)"/gm,
    /\b(?:import|require)\(\s*"([^"]+)"\s*\)/g,
  ];
  return patterns.flatMap((pattern) => [...text.matchAll(pattern)].map((match) => match[1]!));
}

/** The files of this project that a file imports. */
export function targetsOf(source: Source): string[] {
  return importsOf(source)
    .filter((name) => name.startsWith("."))
    .map((name) => relative(root, resolve(root, dirname(source.path), name)).replace(/\.js$/, ".ts"));
}

export function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}
