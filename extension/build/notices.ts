import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Metafile } from "esbuild";
import { root } from "./root.js";

/** The licences of all packages with code in the bundles. Their authors ask for this notice. */
export function notices(bundles: readonly Metafile[]): string {
  const folders = new Set<string>();
  for (const { outputs } of bundles) {
    for (const { inputs } of Object.values(outputs)) {
      for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
        const found = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path.replaceAll("\\", "/"));
        if (found && bytesInOutput > 0) folders.add(found[0]);
      }
    }
  }
  return ["This package contains software of others:\n", ...[...folders].sort().map(notice)].join("\n");
}

function notice(folder: string): string {
  const path = join(root, folder);
  const { name, version, license } = JSON.parse(readFileSync(join(path, "package.json"), "utf8")) as {
    name: string;
    version: string;
    license: string;
  };
  const files = readdirSync(path)
    .filter((file) => /^(licen[cs]e|copying|notice)/i.test(file))
    .sort();
  return (
    `${"-".repeat(80)}\n${name} ${version} (${license})\n\n` +
    `${files.map((file) => readFileSync(join(path, file), "utf8").trim()).join("\n\n")}\n`
  );
}
