import { createHash } from "node:crypto";
import { realpathSync } from "node:fs";
import { join, resolve } from "node:path";
import type { PythonPlaces } from "./environment.js";
import { entries, read } from "./project-files.js";

/**
 * The environments that Poetry keeps for the project in this folder, the one that is in use first. Poetry names them by
 * the project's normal name and a hash of its folder: `my-app-BQx7r2dA-py3.12`. After `poetry env use` its file
 * envs.toml has the version that is in use.
 */
export function poetryEnvironments(folder: string, places: PythonPlaces): string[] {
  const project = read(join(folder, "pyproject.toml"));
  if (project === null || !/^\[tool\.poetry\b|^build-backend\s*=\s*["']poetry\./m.test(project)) return [];
  const name = text(project, "tool.poetry", "name") ?? text(project, "project", "name");
  if (name === undefined) return [];
  const all = environmentsFolder(folder, places);
  const hash = createHash("sha256").update(realpathSync(folder)).digest("base64url").slice(0, 8);
  const normal = name
    .toLowerCase()
    .replaceAll(/[-_.]+/g, "-")
    .replaceAll(/[ $`!*@"\\\r\n\t]/g, "_")
    .slice(0, 42);
  const key = `${normal}-${hash}`;
  const version = text(read(join(all, "envs.toml")) ?? "", key, "minor");
  const environments = entries(all).filter((one) => one.startsWith(`${key}-py`));
  const inUse = environments.filter((one) => one === `${key}-py${version}`);
  return [...inUse, ...environments].map((one) => join(all, one));
}

/**
 * The folder of all environments. Variables come first, then the project's poetry.toml, then the user's config.toml.
 */
function environmentsFolder(folder: string, { env, home, platform }: PythonPlaces): string {
  const isMac = platform === "darwin";
  const library = (name: string) => join(home, "Library", name, "pypoetry");
  const configurations = isMac
    ? [library("Application Support"), library("Preferences")]
    : [join(env["XDG_CONFIG_HOME"] ?? join(home, ".config"), "pypoetry")];
  const files = (env["POETRY_CONFIG_DIR"] ? [env["POETRY_CONFIG_DIR"]] : configurations).map((one) =>
    join(one, "config.toml"),
  );
  const settings = [join(folder, "poetry.toml"), ...files].map((file) => read(file) ?? "");
  const setting = (table: string, name: string) =>
    settings.map((file) => text(file, table, name)).find((value) => value !== undefined);
  const own = isMac ? library("Caches") : join(env["XDG_CACHE_HOME"] ?? join(home, ".cache"), "pypoetry");
  const cache = env["POETRY_CACHE_DIR"] ?? setting("", "cache-dir") ?? own;
  const path = env["POETRY_VIRTUALENVS_PATH"] ?? setting("virtualenvs", "path") ?? "{cache-dir}/virtualenvs";
  return resolve(folder, path.replaceAll("{cache-dir}", cache).replace(/^~(?=\/|$)/, home));
}

/** A text in a table of a TOML file; the table "" is what precedes all others. */
function text(toml: string, table: string, name: string): string | undefined {
  const tables = `\n${toml}`.replaceAll("\r\n", "\n").split(/\n\[/);
  const body = table === "" ? tables[0] : tables.slice(1).find((one) => one.startsWith(`${table}]`));
  return new RegExp(`\\n[ \\t]*${name}[ \\t]*=[ \\t]*(?:"([^"\\n]*)"|'([^'\\n]*)')`)
    .exec(body ?? "")
    ?.slice(1)
    .find(Boolean);
}
