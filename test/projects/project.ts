import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fixture, root } from "../fixture.js";
import { temporaryFolder } from "../temporary-folder.js";

/** A small project as users have them, in `test/fixtures/projects`. */
export interface Project {
  /** The module whose function is mapped over files. */
  module: string;
  export?: string;
  /** What its function returns for `a.txt`, which holds "hello wide world". */
  result: unknown;
  /** Packages of the project itself that are linked into its node_modules: name → folder. */
  links?: Record<string, string>;
}

const digest = { name: "a.txt", kind: "Text", text: "HELLO WIDE WORLD", length: 32, by: "esm@1.2.3 cjs" };

export const projects = {
  esm: { module: "src/digest.ts", export: "digest", result: digest },
  commonjs: {
    module: "src/digest.ts",
    export: "digest",
    result: { name: "a.txt.ts", kind: "text", text: "hello wide world", version: 7, calls: true },
  },
  /** A package without a type, whose tsconfig leaves modules to a bundler. */
  typeless: { module: "digest.ts", result: { words: 3, length: 16, late: true, here: "here.ts" } },
  workspaces: {
    module: "packages/app/src/digest.ts",
    export: "tools.digest",
    result: { size: "16 bytes", text: "a-b" },
    links: { "@acme/app": "packages/app", "@acme/lib": "packages/lib" },
  },
  build: { module: "src/digest.ts", export: "Digest", result: "a.txt from src" },
  vite: {
    module: "src/render.tsx",
    export: "render",
    result: "<main><h1>hello wide world</h1></main>",
    links: { "tiny-jsx": "packages/tiny-jsx" },
  },
  next: {
    module: "lib/digest.ts",
    export: "digest",
    result: "<p>hello wide world</p>",
    links: { "tiny-jsx": "packages/tiny-jsx" },
  },
  /** Decorators with emitDecoratorMetadata. */
  metadata: { module: "src/digest.ts", export: "digest", result: "1 String,Number" },
} satisfies Record<string, Project>;

export type ProjectName = keyof typeof projects;

const compiler = createRequire(
  createRequire(join(root, "package.json")).resolve("@arethetypeswrong/core/package.json"),
);

/** What loads TypeScript in a project: name → package in its node_modules, and where that is installed. */
const tools = {
  "tsx-4": ["tsx", "tsx-4"],
  "tsx-4-22": ["tsx", "tsx-4-22"],
  "tsx-4-21": ["tsx", "tsx-4-21"],
  "tsx-4-20": ["tsx", "tsx-4-20"],
  esbuild: ["esbuild", "esbuild"],
  swc: ["@swc/core", "@swc/core"],
  typescript: ["typescript", dirname(compiler.resolve("typescript/package.json"))],
} satisfies Record<string, [string, string]>;

export type Tool = keyof typeof tools | "nothing";

/** Copies the project into `parent`, with `tool` installed. Returns its folder. */
export function makeProject(
  test: { after(clean: () => void): void },
  name: ProjectName,
  tool: Tool,
  parent = temporaryFolder(test),
): string {
  const folder = join(parent, name);
  cpSync(fixture(`projects/${name}`), folder, { recursive: true });
  writeFileSync(join(folder, "a.txt"), "hello wide world");
  const { links = {} }: Project = projects[name];
  for (const [as, from] of Object.entries(links)) link(folder, as, join(folder, from));
  if (tool !== "nothing") {
    const [as, from] = tools[tool];
    link(folder, as, resolve(root, "node_modules", from));
  }
  return folder;
}

/** Links `polyproc` and ts-node into a project, for a program of its own. */
export function linkForProgram(folder: string): void {
  link(folder, "polyproc", root);
  link(folder, "ts-node", join(root, "node_modules/ts-node"));
  link(folder, "@types/node", join(root, "node_modules/@types/node"));
}

/** The project's own build: TypeScript's compiler. */
export function build(folder: string): void {
  const { status, stdout } = spawnSync(
    process.execPath,
    [
      join(root, "node_modules/typescript/bin/tsc"),
      "--types",
      "node",
      "--typeRoots",
      join(root, "node_modules/@types"),
    ],
    { cwd: folder, encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`tsc failed in ${folder}: ${stdout}`);
}

function link(folder: string, name: string, target: string): void {
  const path = join(folder, "node_modules", name);
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path);
}
