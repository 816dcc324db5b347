import { existsSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { poetryEnvironments } from "./poetry.js";
import { entries, read } from "./project-files.js";

/** Folders in which projects keep their environment, the usual ones first. */
const usualNames = [".venv", "venv", ".conda", "env"];

/** What is known of the machine; tests give their own. */
export interface PythonPlaces {
  home: string;
  env: NodeJS.ProcessEnv;
  platform: NodeJS.Platform;
}

const thisMachine: PythonPlaces = { home: homedir(), env: process.env, platform: process.platform };

/**
 * The interpreter of the environment nearest to a folder: in the folder itself, else in the folder above it, and so
 * on. In each folder: the environment to which a variable moves that of a uv project; a virtual environment (venv,
 * virtualenv, uv) or a Conda environment with a usual name; the environment that Poetry keeps for the project; the
 * Conda environment that `environment.yml` names; the version that `.python-version` asks pyenv for. Null if there
 * is none.
 */
export function nearestPython(folder: string, places: PythonPlaces = thisMachine): string | null {
  for (let at = folder; ; at = dirname(at)) {
    const found =
      uv(at, folder, places) ??
      inside(at, folder, places) ??
      poetry(at, folder, places) ??
      conda(at, places) ??
      pyenv(at, places);
    if (found !== null || dirname(at) === at) return found;
  }
}

function inside(folder: string, start: string, places: PythonPlaces): string | null {
  for (const name of usualNames) {
    const environment = join(folder, name);
    if (existsSync(join(environment, "pyvenv.cfg")) || existsSync(join(environment, "conda-meta"))) {
      if (!isTrusted(environment, start)) continue;
      const found = interpreterIn(environment, places);
      if (found !== null) return found;
    }
  }
  return null;
}

/**
 * Another user may have put an environment into a folder above, such as /tmp. Only one of this user, of root, or of the
 * module folder's owner is used: that owner's code runs in any case.
 */
function isTrusted(environment: string, start: string): boolean {
  const owner = statSync(environment).uid;
  return owner === 0 || owner === process.getuid?.() || owner === statSync(start).uid;
}

/** Windows was not tried. */
function interpreterIn(environment: string, { platform }: PythonPlaces): string | null {
  const candidates = platform === "win32" ? ["Scripts/python.exe", "python.exe"] : ["bin/python", "bin/python3"];
  return candidates.map((name) => join(environment, name)).find((path) => existsSync(path)) ?? null;
}

/** The environment of a uv project whose user has moved it by a variable of uv: relative to the folder with uv.lock. */
function uv(folder: string, start: string, places: PythonPlaces): string | null {
  const chosen = places.env["UV_PROJECT_ENVIRONMENT"];
  if (!chosen || !existsSync(join(folder, "uv.lock"))) return null;
  const environment = resolve(folder, chosen);
  return existsSync(environment) && isTrusted(environment, start) ? interpreterIn(environment, places) : null;
}

/** The project's own poetry.toml may name any folder. */
function poetry(folder: string, start: string, places: PythonPlaces): string | null {
  const trusted = poetryEnvironments(folder, places).filter((one) => existsSync(one) && isTrusted(one, start));
  return firstInterpreter(trusted, places);
}

/** Conda lists all its environments in one file. */
function conda(folder: string, places: PythonPlaces): string | null {
  const description = read(join(folder, "environment.yml")) ?? read(join(folder, "environment.yaml"));
  const name = /^name:\s*["']?([^\s"'#]+)/m.exec(description ?? "")?.[1];
  if (name === undefined) return null;
  const all = (read(join(places.home, ".conda", "environments.txt")) ?? "").split(/\r?\n/);
  return firstInterpreter(
    all.filter((path) => path !== "" && basename(path) === name),
    places,
  );
}

function pyenv(folder: string, places: PythonPlaces): string | null {
  const versions = (read(join(folder, ".python-version")) ?? "").split(/\s+/).filter((name) => /^[\w.+-]+$/.test(name));
  const root = places.env["PYENV_ROOT"] ?? join(places.home, ".pyenv");
  const installed = versions.length === 0 ? [] : entries(join(root, "versions"));
  // `3.12` means the newest 3.12 that is installed.
  const meant = versions.flatMap((version) =>
    installed
      .filter((one) => one === version || one.startsWith(`${version}.`))
      .sort((a, b) => b.localeCompare(a, undefined, { numeric: true })),
  );
  return firstInterpreter(
    meant.map((one) => join(root, "versions", one)),
    places,
  );
}

function firstInterpreter(environments: readonly string[], places: PythonPlaces): string | null {
  for (const environment of environments) {
    const found = interpreterIn(environment, places);
    if (found !== null) return found;
  }
  return null;
}
