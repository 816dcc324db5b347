import { existsSync } from "node:fs";
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, normalize } from "node:path";
import { repositoryOf } from "./address.js";
import { bundle } from "./bundle.js";
import { localize } from "./localize.js";
import { notices } from "./notices.js";
import { withoutPictures, withPicturesAt } from "./pictures.js";
import { protocolFiles } from "./relocate.js";
import { root } from "./root.js";

/** Members of the package's manifest that an extension does not need. */
const notForExtension = [
  "type",
  "types",
  "bin",
  "exports",
  "files",
  "scripts",
  "devDependencies",
  "dependencies",
  "sideEffects",
  "publishConfig",
  "preferUnplugged",
];

export interface StageOptions {
  /** For users: smaller, without source maps. Default true. */
  release?: boolean;
}

/** Lays out the extension in a folder as it will be installed. It runs from there without the checkout. */
export async function stage(folder: string, { release = true }: StageOptions = {}): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const manifest = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as Record<string, unknown>;
  for (const key of notForExtension) delete manifest[key];
  manifest["main"] = "./dist/extension.cjs";
  const named = filesIn(manifest);
  await mkdir(join(folder, "l10n"));
  for (const [path, texts] of localize(manifest)) await writeFile(join(folder, path), JSON.stringify(texts, null, 2));
  await writeFile(join(folder, "package.json"), JSON.stringify(manifest, null, 2));
  // Without this file the packager asks whether everything in the folder should be packed. It should.
  await writeFile(join(folder, ".vscodeignore"), "");
  const copy = async (path: string) => {
    if (!existsSync(join(root, path))) throw new Error(`${path} is named, but does not exist`);
    await cp(join(root, path), join(folder, path), { recursive: true });
  };
  await writeFile(join(folder, "NOTICES.txt"), notices(await bundle({ outdir: join(folder, "dist"), release })));
  for (const path of ["LICENSE", "CHANGELOG.md", "bin", ...protocolFiles]) await copy(path);
  await writeFile(join(folder, "README.md"), readme(await readFile(readmePath, "utf8"), manifest));
  for (const path of [...named]) {
    if (path.endsWith(".md")) named.push(...linkedImages(path, await readFile(join(root, path), "utf8")));
  }
  for (const path of new Set(named)) await copy(path);
  await stagePython(folder);
}

/** The page of the extension. */
const readmePath = join(root, "extension", "README.md");

/** Pictures stay only if they have an address: here VS Code shows neither files of the extension nor `data:` URLs. */
function readme(markdown: string, manifest: Record<string, unknown>): string {
  const repository = repositoryOf(manifest);
  return repository ? withPicturesAt(`${repository}/raw/HEAD/`, markdown) : withoutPictures(markdown);
}

/** The Python binding's package, where the bundled server looks for it. */
async function stagePython(folder: string): Promise<void> {
  const source = join(root, "bindings", "python", "polyproc");
  if (!existsSync(source)) return;
  await cp(source, join(folder, "python", "polyproc"), {
    recursive: true,
    filter: (path) => !path.includes("__pycache__"),
  });
}

/** The files of the extension that the manifest names: icons, and the pages of walkthroughs. */
function filesIn(value: unknown): string[] {
  if (typeof value === "string") return /^(\.\/)?extension\/.*\.\w+$/.test(value) ? [normalize(value)] : [];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(filesIn) : [];
}

function linkedImages(page: string, markdown: string): string[] {
  const links = [...markdown.matchAll(/!\[[^\]]*\]\(([^)\s]+)|<(?:img|source)\s[^>]*?(?:src|srcset)="([^"\s]+)"/g)];
  return links
    .map((match) => match[1] ?? match[2]!)
    .filter((link) => !/^[a-z]+:/.test(link))
    .map((link) => join(dirname(page), link));
}
