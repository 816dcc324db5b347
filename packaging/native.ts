import { existsSync, statSync } from "node:fs";
import { mkdir, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { root } from "../extension/build/root.js";
import { run } from "./run.js";

/** A part in C: what it is for, its file, and who knows where the headers that it needs are. */
interface Part {
  source: string;
  made: (machine: string) => string;
  header: string;
  /** Folders that may have the header, best first. */
  folders: () => Promise<string[]>;
}

const parts: readonly Part[] = [
  {
    source: "native/node.c",
    made: (machine) => `node-linux-${machine}.node`,
    header: "node_api.h",
    folders: async () => [join(dirname(process.execPath), "..", "include", "node"), "/usr/include/node"],
  },
  {
    source: "native/python.c",
    made: (machine) => `python-linux-${machine}.abi3.so`,
    header: "Python.h",
    folders: async () => {
      const script = "import sysconfig; print(sysconfig.get_path('include'))";
      return [(await run("python3", ["-c", script])).trim()];
    },
  },
];

/** A compiler for each machine, the first that is there. `-mno-outline-atomics`: no library has to be linked. */
const compilers: Readonly<Record<string, { names: readonly string[]; options: readonly string[] }>> = {
  x64: { names: process.arch === "x64" ? ["gcc", "clang", "cc"] : ["x86_64-linux-gnu-gcc"], options: [] },
  arm64: {
    names: process.arch === "arm64" ? ["gcc", "clang", "cc"] : ["aarch64-linux-gnu-gcc"],
    options: ["-mno-outline-atomics"],
  },
};

const options = ["-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-nostdlib", "-s"];

const nativeFolder = join(root, "dist", "native");

/** Built files in the folder that are older than their source, by their paths. */
export function oldNative(folder = nativeFolder): string[] {
  return parts.flatMap(({ source, made }) => {
    const changedAt = statSync(join(root, source)).mtimeMs;
    return Object.keys(compilers)
      .map((machine) => join(folder, made(machine)))
      .filter((path) => existsSync(path) && statSync(path).mtimeMs < changedAt);
  });
}

/** The names of the files of both machines. */
export function nativeNames(): string[] {
  return Object.keys(compilers).flatMap((machine) => parts.map(({ made }) => made(machine)));
}

/** Whether this machine has its files. */
export function hasNative(): boolean {
  return parts.every(({ made }) => existsSync(join(nativeFolder, made(process.arch))));
}

/**
 * Builds the parts in C into a folder (default: `dist/native`), for each machine that a compiler is there for. What
 * cannot be built is told, and left out: the native code is optional. Returns the paths.
 */
export async function buildNative(tell: (line: string) => void, folder = nativeFolder): Promise<string[]> {
  if (process.platform !== "linux") {
    tell("the native code is for Linux: on this system locks are taken by messages");
    return [];
  }
  await mkdir(folder, { recursive: true });
  const built: string[] = [];
  for (const [machine, compiler] of Object.entries(compilers)) {
    const name = await firstThere(compiler.names);
    if (name === null) {
      tell(`not for ${machine}: there is no ${compiler.names.join(" or ")}`);
      continue;
    }
    for (const part of parts) {
      const path = join(folder, part.made(machine));
      const problem = await compile(name, compiler.options, part, path);
      if (problem === null) built.push(path);
      else tell(`not ${part.made(machine)}: ${problem}`);
    }
  }
  return built;
}

/** Null: it was built. */
async function compile(compiler: string, more: readonly string[], part: Part, path: string): Promise<string | null> {
  const folders = await part.folders().catch(() => []);
  const headers = folders.find((folder) => existsSync(join(folder, part.header)));
  if (headers === undefined) return `there is no ${part.header} in ${folders.join(", ") || "any folder that is known"}`;
  // A process that loads the file at this moment finds the old one or the new one.
  const made = `${path}.${process.pid}`;
  try {
    await run(compiler, [...options, ...more, "-isystem", headers, join(root, part.source), "-o", made]);
  } catch (error) {
    return (error as Error).message;
  }
  await rename(made, path);
  return null;
}

async function firstThere(names: readonly string[]): Promise<string | null> {
  for (const name of names) {
    const there = await run(name, ["--version"]).then(
      () => true,
      () => false,
    );
    if (there) return name;
  }
  return null;
}
