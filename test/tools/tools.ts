import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { findChromium } from "../vscode/chromium.js";

/** Something of the machine that tests need and `npm ci` does not bring. */
interface Tool {
  /** Default: a program of this name is on the PATH. */
  isThere?: () => boolean;
  /** Debian's package. */
  debian: string;
}

/** All that there are. Tests name what they need with `needs`; `.ci/run` installs what is missing. */
const tools = {
  "aarch64-linux-gnu-gcc": {
    isThere: () => process.arch === "arm64" || isOnPath("aarch64-linux-gnu-gcc"),
    debian: "gcc-aarch64-linux-gnu",
  },
  bash: { debian: "bash" },
  "c++": { debian: "g++" },
  chromium: { isThere: () => findChromium() !== undefined, debian: "chromium" },
  "CPython's tests of multiprocessing": {
    isThere: () => pythonHas("test._test_multiprocessing"),
    debian: "libpython3-testsuite",
  },
  "CPython's tests of concurrent.futures": {
    isThere: () => futuresJudge() !== undefined,
    debian: "libpython3-testsuite",
  },
  emacs: { debian: "emacs-nox" },
  flock: { debian: "util-linux" },
  "emacs with eglot": { isThere: () => emacsHas("eglot"), debian: "elpa-eglot" },
  git: { debian: "git" },
  "headers of C for arm64": {
    isThere: () => process.arch === "arm64" || existsSync("/usr/aarch64-linux-gnu/include/stdio.h"),
    debian: "libc6-dev-arm64-cross",
  },
  "headers of Node": {
    isThere: () =>
      existsSync("/usr/include/node/node_api.h") ||
      existsSync(join(dirname(process.execPath), "../include/node/node_api.h")),
    debian: "libnode-dev",
  },
  "headers of Python": { isThere: () => pythonIncludes("Python.h"), debian: "python3-dev" },
  make: { debian: "make" },
  man: { debian: "man-db" },
  mypy: { debian: "mypy" },
  "network namespaces": { isThere: () => mayMakeNamespaces(), debian: "iproute2" },
  nvim: { debian: "neovim" },
  parallel: { debian: "parallel" },
  perl: { debian: "perl" },
  ps: { debian: "procps" },
  python3: { isThere: () => pythonHas("pickle", "asyncio", "multiprocessing", "zipfile"), debian: "python3" },
  "python3 with cloudpickle": {
    isThere: () => pythonWith("cloudpickle") !== undefined,
    debian: "python3-cloudpickle",
  },
  "python3 with joblib": { isThere: () => pythonWith("joblib", "numpy") !== undefined, debian: "python3-joblib" },
  "python3 with numpy": { isThere: () => pythonWith("numpy") !== undefined, debian: "python3-numpy" },
  "python3 with pip": { isThere: () => pythonHas("venv", "ensurepip"), debian: "python3-venv" },
  "python3 with ssl": { isThere: () => pythonHas("ssl"), debian: "python3" },
  "python3 with venv": { isThere: () => pythonHas("venv"), debian: "python3" },
  "redis-server": { debian: "redis-server" },
  script: { debian: "bsdutils" },
  stubtest: { debian: "mypy" },
} satisfies Record<string, Tool>;

export type ToolName = keyof typeof tools;

const known = new Map<ToolName, boolean>();

export function has(name: ToolName): boolean {
  let there = known.get(name);
  if (there === undefined) {
    const tool: Tool = tools[name];
    known.set(name, (there = tool.isThere ? tool.isThere() : isOnPath(name)));
  }
  return there;
}

export function missingTools(): ToolName[] {
  return (Object.keys(tools) as ToolName[]).filter((name) => !has(name));
}

/**
 * Debian's packages of these tools. Empty when its packages would be of no use: another python3 than Debian's needs its
 * own tests.
 */
export function debianPackages(names: readonly ToolName[]): string[] {
  return [...new Set(names.map((name) => packageOf(tools[name].debian)))].filter((name) => name !== null).sort();
}

/** How to get these tools: a command, where one is known. */
export function howToInstall(names: readonly ToolName[]): string {
  const packages = existsSync("/usr/bin/apt-get") ? debianPackages(names) : [];
  const others = packages.length === 0 ? names : names.filter((name) => packageOf(tools[name].debian) === null);
  const commands = [];
  if (packages.length > 0)
    commands.push(
      `${process.getuid?.() === 0 ? "" : "sudo "}apt-get install -y --no-install-recommends ${packages.join(" ")}`,
    );
  if (others.length > 0) commands.push(`install ${others.join(", ")}, and put it on the PATH`);
  return commands.join("; ");
}

/** Null: Debian's package would be of no use. The tests of CPython come with a version of Debian's own Python only. */
function packageOf(debian: string): string | null {
  if (debian !== "libpython3-testsuite") return debian;
  const { status, stdout } = spawnSync(
    "python3",
    ["-c", "import sys; print(f'python3.{sys.version_info[1]}' if sys.base_prefix == '/usr' else '')"],
    { encoding: "utf8" },
  );
  const python =
    status === 0
      ? stdout.trim()
      : (/Depends: (python3\.\d+)/.exec(
          spawnSync("apt-cache", ["depends", "python3"], { encoding: "utf8" }).stdout ?? "",
        )?.[1] ?? "");
  return python === "" ? null : `lib${python}-testsuite`;
}

function isOnPath(program: string): boolean {
  return (process.env["PATH"] ?? "")
    .split(delimiter)
    .some((folder) => folder !== "" && existsSync(join(folder, program)));
}

function pythonIncludes(header: string): boolean {
  const path = `sysconfig.get_path("include") + "/${header}"`;
  const script = `import os, sys, sysconfig; sys.exit(not os.path.exists(${path}))`;
  return spawnSync("python3", ["-c", script], { stdio: "ignore" }).status === 0;
}

/** Whether python3 is 3.9 or newer, and has these modules: builds and distributions leave some out. */
function pythonHas(...modules: string[]): boolean {
  const script = `import ${["sys", ...modules].join(", ")}; sys.exit(sys.version_info < (3, 9))`;
  return spawnSync("python3", ["-c", script], { stdio: "ignore" }).status === 0;
}

/** Pythons that may be on this machine, `python3` first. */
export function pythons(): string[] {
  const versions = [14, 13, 12, 11, 10, 9].map((minor) => `python3.${minor}`);
  return ["python3", ...versions, ...(existsSync("/usr/bin/python3") ? ["/usr/bin/python3"] : []), ...pyenvPythons()];
}

/** The first Python of the machine that has these modules. */
export function pythonWith(...modules: string[]): string | undefined {
  const script = `import ${["sys", ...modules].join(", ")}; sys.exit(sys.version_info < (3, 9))`;
  return pythons().find((python) => spawnSync(python, ["-c", script], { stdio: "ignore" }).status === 0);
}

/** Whether this user may make network namespaces: root, unless its container forbids it. */
function mayMakeNamespaces(): boolean {
  const name = `pp-look-${process.pid}`;
  if (process.getuid?.() !== 0 || spawnSync("ip", ["netns", "add", name], { stdio: "ignore" }).status !== 0)
    return false;
  return spawnSync("ip", ["netns", "del", name], { stdio: "ignore" }).status === 0;
}

let judge: { python: string | undefined } | undefined;

/** The first Python of the machine that has CPython's tests of concurrent.futures. */
function futuresJudge(): string | undefined {
  judge ??= { python: pythonWith("test.test_concurrent_futures") };
  return judge.python;
}

/** Pythons of pyenv, the newest first. */
function pyenvPythons(): string[] {
  const versions = join(process.env["PYENV_ROOT"] ?? join(homedir(), ".pyenv"), "versions");
  if (!existsSync(versions)) return [];
  return readdirSync(versions)
    .sort((a, b) => b.localeCompare(a, "en", { numeric: true }))
    .map((version) => join(versions, version, "bin", "python3"));
}

/** Whether Emacs finds this library: eglot came with Emacs 29. */
function emacsHas(library: string): boolean {
  return spawnSync("emacs", ["--batch", "-l", library], { stdio: "ignore" }).status === 0;
}
