import { readdirSync, readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";

/** The Node that a project names. */
export interface ProjectNode {
  /** As the file has it: `22`, `v22.12.0`, `lts/jod`. */
  wanted: string;
  /** The file that names it. */
  file: string;
  /** The installed Node that fits, or null. `version` without a `v`. */
  found: { path: string; version: string } | null;
}

/** Code names of the versions with long-term support. */
const codeNames: Readonly<Record<string, string>> = { iron: "20", jod: "22", krypton: "24" };

/** Files that name a Node, in the order in which they count within a folder. */
const files: readonly [name: string, read: (text: string) => string | undefined][] = [
  [".nvmrc", firstWord],
  [".node-version", firstWord],
  ["package.json", (text) => (JSON.parse(text) as { volta?: { node?: string } }).volta?.node],
  ["mise.toml", inMise],
  [".mise.toml", inMise],
  [".tool-versions", (text) => /^node(?:js)?[ \t]+(\S+)/m.exec(text)?.[1]],
];

/** The Node that the project of this folder names, by the nearest folder that has such a file. Null if none has. */
export function projectNode(folder: string, env: NodeJS.ProcessEnv = process.env): ProjectNode | null {
  for (let at = resolve(folder); ; at = dirname(at)) {
    for (const [name, read] of files) {
      const file = join(at, name);
      const wanted = readWith(file, read);
      if (wanted !== undefined && wanted !== "") return { wanted, file, found: installed(wanted, env) };
    }
    if (dirname(at) === at) return null;
  }
}

/** Why a project's Node is not used, for people; null if it can be. */
export function whyUnused({ wanted, file, found }: ProjectNode): string | null {
  if (found === null) return `${file} names Node ${wanted}, which is not installed here`;
  return isSupportedNode(found.version) ? null : `${file} names Node ${wanted}, and polyproc needs 20.19 or later`;
}

function readWith(file: string, read: (text: string) => string | undefined): string | undefined {
  try {
    return read(readFileSync(file, "utf8"));
  } catch {
    // It is not there, or its own tool reports what is wrong with it.
    return undefined;
  }
}

function firstWord(text: string): string | undefined {
  return text
    .split("\n")
    .map((line) => line.replace(/#.*/, "").trim())
    .find((line) => line !== "");
}

function inMise(text: string): string | undefined {
  const tools = /^\[tools\]([\s\S]*?)(?=^\[|(?![\s\S]))/m.exec(text)?.[1] ?? "";
  return /^\s*"?node"?\s*=\s*(?:\{\s*version\s*=\s*)?"([^"]+)"/m.exec(tools)?.[1];
}

/** The newest installed Node that fits. The Node of this process comes first: it needs no search. */
function installed(wanted: string, env: NodeJS.ProcessEnv): ProjectNode["found"] {
  const fits = matcher(wanted);
  if (fits(process.versions.node) && process.versions["electron"] === undefined)
    return { path: process.execPath, version: process.versions.node };
  return (
    versionFolders(env)
      .flatMap(([folder, binary]) => inFolder(folder, binary))
      .filter(({ version }) => fits(version))
      .sort((a, b) => b.version.localeCompare(a.version, "en", { numeric: true }))[0] ?? null
  );
}

function matcher(wanted: string): (version: string) => boolean {
  const name = wanted
    .toLowerCase()
    .replace(/^v/, "")
    .replace(/^lts\//, "");
  if (["*", "node", "latest", "current", "stable", "lts"].includes(name))
    return (version) => !wanted.toLowerCase().startsWith("lts") || Number(version.split(".")[0]) % 2 === 0;
  const prefix = (codeNames[name] ?? name).replace(/(?:\.[x*])+$/, "");
  return (version) => version === prefix || version.startsWith(`${prefix}.`);
}

/** Where version managers keep their Nodes: a folder of versions, and the binary's place in one of them. */
function versionFolders(env: NodeJS.ProcessEnv): [folder: string, binary: string][] {
  const home = env["HOME"] ?? homedir();
  const data = env["XDG_DATA_HOME"] ?? join(home, ".local/share");
  return [
    [join(env["NVM_DIR"] ?? join(home, ".nvm"), "versions", "node"), join("bin", "node")],
    [join(env["VOLTA_HOME"] ?? join(home, ".volta"), "tools/image/node"), join("bin", "node")],
    [join(env["MISE_DATA_DIR"] ?? join(data, "mise"), "installs", "node"), join("bin", "node")],
    [join(env["FNM_DIR"] ?? join(data, "fnm"), "node-versions"), "installation/bin/node"],
    [join(env["ASDF_DATA_DIR"] ?? join(home, ".asdf"), "installs", "nodejs"), join("bin", "node")],
    [join(home, ".nodenv/versions"), join("bin", "node")],
  ];
}

function inFolder(folder: string, binary: string): { path: string; version: string }[] {
  try {
    return readdirSync(folder)
      .map((name) => ({ path: join(folder, name, binary), version: name.replace(/^v/, "") }))
      .filter(({ path, version }) => /^\d+\.\d+\.\d+$/.test(version) && statSync(path, { throwIfNoEntry: false }));
  } catch {
    return [];
  }
}

const oldest = [20, 19] as const;

/** Whether this version of Node can run the server and worker hosts. */
export function isSupportedNode(version: string): boolean {
  const [major = 0, minor = 0] = version.replace(/^v/, "").split(".").map(Number);
  return major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);
}
