import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../fixture.js";
import { run } from "./packed.js";

/** A package manager besides npm, and how a user of it does what the README says. */
export interface Manager {
  /** npm's package of it, and the release that is tried. */
  package: string;
  version: string;
  /** Its program, below `node_modules` of the folder in which npm installed it. */
  program: string;
  /** Prepares an empty project. */
  prepare?: (project: string) => void;
  add: (tarball: string) => string[];
  /** Runs a file of the project. */
  node: (file: string) => string[];
  /** Runs the command `polyproc`. */
  command: (args: string[]) => string[];
}

export const managers: Record<string, Manager> = {
  pnpm: {
    package: "pnpm",
    version: "12.21.0",
    program: ".bin/pnpm",
    add: (tarball) => ["add", tarball],
    node: (file) => ["exec", "node", file],
    command: (args) => ["exec", "polyproc", ...args],
  },
  "yarn, with Plug'n'Play": yarn("pnp"),
  "yarn, with node_modules": yarn("node-modules"),
  bun: {
    package: "bun",
    version: "1.4.5",
    program: ".bin/bun",
    add: (tarball) => ["add", tarball],
    // By the shebang: programs of Node run in Node.
    node: (file) => ["exec", `node ${file}`],
    command: (args) => ["x", "polyproc", ...args],
  },
};

function yarn(linker: string): Manager {
  return {
    package: "@yarnpkg/cli-dist",
    version: "4.18.1",
    program: ".bin/yarn",
    prepare: (project) => {
      writeFileSync(join(project, ".yarnrc.yml"), `nodeLinker: ${linker}\nenableTelemetry: false\n`);
      // Else yarn looks for a project in the folders above.
      writeFileSync(join(project, "yarn.lock"), "");
    },
    add: (tarball) => ["add", `polyproc@file:${tarball}`],
    node: (file) => ["node", file],
    command: (args) => ["polyproc", ...args],
  };
}

/**
 * The manager's program. Installed once, into `dist/managers`. Test files run at the same time: each installs into a
 * folder of its own, and the first one's is kept.
 */
export async function installed({ package: name, version, program }: Manager): Promise<string> {
  const folder = join(root, "dist", "managers", `${name.replaceAll("/", "+")}-${version}`);
  const path = join(folder, "node_modules", program);
  if (existsSync(path)) return path;
  const own = `${folder}.${process.pid}`;
  mkdirSync(own, { recursive: true });
  try {
    const options = ["--no-save", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel", "error"];
    await run("npm", ["install", ...options, "--prefix", own, `${name}@${version}`], { cwd: own });
    // A folder that is whole is never replaced: its programs may be running.
    if (!existsSync(path)) moveTo(folder, own);
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
  return path;
}

/** Fails silently if another process was first. */
function moveTo(folder: string, own: string): void {
  try {
    renameSync(own, folder);
  } catch (error) {
    if (!["ENOTEMPTY", "EEXIST"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
}

/** An empty folder for a project of this manager, and the manager run in it with `home` for all that it stores. */
export async function projectOf(name: string, folder: string) {
  const manager = managers[name]!;
  const program = await installed(manager);
  const project = join(folder, name.replaceAll(/\W+/g, "-"));
  const home = join(project, "home");
  mkdirSync(home, { recursive: true });
  // The machine's own folders of the manager stay as they are.
  const xdg = {
    XDG_RUNTIME_DIR: home,
    XDG_CACHE_HOME: home,
    XDG_DATA_HOME: home,
    XDG_CONFIG_HOME: home,
    XDG_STATE_HOME: home,
  };
  const env = { ...process.env, HOME: home, TMPDIR: folder, ...xdg };
  const manage = (args: string[]) => run(program, args, { cwd: project, env });
  return { manager, project, manage };
}
