import assert from "node:assert/strict";
import { builtinModules } from "node:module";
import { dirname, relative, resolve } from "node:path";
import { describe, test } from "node:test";
import { circles } from "./architecture/circles.js";
import { longLines, longLinesOf, maxColumns } from "./architecture/long-lines.js";
import {
  folders,
  importsOf,
  isBelow,
  readSources,
  targetsOf,
  withoutComments,
  type Source,
} from "./architecture/sources.js";
import { root } from "./fixture.js";

/**
 * What the files of a folder may import: folders of this project (or single files), packages, and Node's own modules.
 */
interface Layer {
  folders: string[];
  packages?: string[];
  /** Default: none. */
  node?: "all" | string[];
}

/** The rules of ARCHITECTURE.md. The longest path that a file's begins with counts. */
const layers: Record<string, Layer> = {
  protocol: { folders: ["protocol"], packages: ["valibot"] },
  "protocol/generate": {
    folders: ["protocol"],
    packages: ["valibot", "@valibot/to-json-schema", "oxfmt"],
    node: "all",
  },
  native: { folders: ["native"], node: "all" },
  cache: { folders: ["protocol", "cache"], packages: ["tinyglobby"], node: "all" },
  "server/engine": { folders: ["protocol", "server/engine"] },
  "server/handlers": {
    folders: ["protocol", "server/engine", "server/handlers"],
    packages: ["valibot"],
    // What it tells people on standard error.
    node: ["node:fs", "node:util"],
  },
  "server/ipc/framing": { folders: ["protocol", "server/ipc/framing"], packages: ["msgpackr"], node: "all" },
  "server/ipc": { folders: ["protocol", "server/engine", "server/handlers", "server/ipc"], node: "all" },
  "server/rpc": {
    folders: ["protocol", "server/engine", "server/handlers", "server/rpc"],
    packages: ["vscode-jsonrpc", "msgpackr"],
    node: "all",
  },
  "server/cluster": {
    folders: ["protocol", "server/engine", "server/cluster"],
    packages: ["bullmq", "ioredis", "valibot"],
    node: "all",
  },
  "server/os": {
    folders: [
      "protocol",
      "server/engine/processes/spawner.ts",
      ...["channel", "memory-file", "tally"].map((name) => `server/engine/bypass/${name}.ts`),
      "server/engine/sync/lock-words.ts",
      "native",
      "server/os",
    ],
    packages: ["pidusage"],
    node: "all",
  },
  // The composition root: main and what it is made of.
  server: { folders: ["protocol", "cache", "server"], packages: ["msgpackr", "valibot"], node: "all" },
  "bindings/typescript": {
    folders: ["protocol", "native", "server/ipc/framing", "bindings/typescript"],
    packages: ["msgpackr"],
    node: "all",
  },
  // The compilers are those of the user's project.
  "bindings/typescript/host/typescript": {
    folders: ["bindings/typescript/host/typescript", "cache/user-cache.ts"],
    packages: ["get-tsconfig", "esbuild", "@swc/core", "typescript"],
    node: "all",
  },
  // What agents may call: offered by the command line and by the editor.
  agents: { folders: ["protocol", "bindings/typescript/session/methods.ts", "agents"], packages: ["valibot"] },
  // What is in the text of a source: its functions, and the places that stacks and compilers name.
  sources: { folders: ["sources"], packages: ["@babel/parser"] },
  "cli/lsp": {
    folders: ["protocol", "bindings/typescript", "agents", "sources", "cli"],
    packages: ["commander", "tinyglobby", "vscode-languageserver"],
    node: "all",
  },
  cli: {
    folders: ["protocol", "native", "cache", "bindings/typescript", "agents", "cli"],
    packages: ["commander", "tinyglobby"],
    node: "all",
  },
  // The SDK is loaded by `polyproc mcp` alone.
  "cli/mcp": {
    folders: ["protocol", "bindings/typescript", "agents", "cli"],
    packages: ["commander", "tinyglobby", "@modelcontextprotocol/sdk"],
    node: "all",
  },
  extension: {
    folders: ["protocol", "bindings/typescript", "agents", "sources", "extension"],
    packages: ["vscode", "vscode-languageclient"],
    node: "all",
  },
  // What decides needs no editor: it is handed what it needs.
  "extension/model": {
    folders: ["protocol", "bindings/typescript/session/methods.ts", "extension/model", "extension/connection/rpc.ts"],
    node: "all",
  },
  "extension/connection": {
    folders: ["protocol", "bindings/typescript", "extension"],
    packages: ["vscode", "vscode-languageclient", "vscode-jsonrpc", "msgpackr", "semver"],
    node: "all",
  },
  // Runs in a page, which has neither.
  "extension/results/webview": {
    folders: ["protocol", "extension/results", "extension/runs/run.ts", "extension/l10n.ts", "sources/languages.ts"],
    packages: ["lit", "@tanstack/virtual-core", "@vscode/codicons"],
  },
  "extension/build": { folders: ["extension/build"], packages: ["esbuild", "@vscode/vsce"], node: "all" },
  packaging: { folders: ["extension/build", "packaging"], packages: ["esbuild"], node: "all" },
  examples: {
    folders: ["bindings/typescript", "examples"],
    packages: ["cli-progress", "polyproc"],
    node: "all",
  },
  bench: {
    folders: ["protocol", "bindings/typescript", "bench"],
    packages: ["polyproc", "jest-worker", "piscina", "tinypool", "workerpool"],
    node: "all",
  },
  test: {
    folders,
    packages: [
      "polyproc",
      "@modelcontextprotocol/sdk",
      "bullmq",
      "rollup",
      "webpack",
      "@wasm-fmt/ruff_fmt",
      "valibot",
      "fast-check",
      "msgpackr",
      "vscode-jsonrpc",
      "pidusage",
      "playwright-core",
      "esbuild",
    ],
    node: "all",
  },
  "test/vscode": {
    folders,
    packages: ["esbuild", "playwright-core", "@vscode/test-electron"],
    node: "all",
  },
  // In an extension host.
  "test/extension/host": { folders, packages: ["vscode", "mocha"], node: "all" },
};

/** Only here may processes be started. */
const mayStartProcesses = [
  "server/os",
  "bindings/typescript/session/embedded.ts",
  "bindings/typescript/session/detached-server.ts",
  "bindings/typescript/session/named-server.ts",
  "extension/connection/node-executable.ts",
  "cli",
  "examples",
  "bench",
  "packaging",
  "test",
];

/** Nothing here has a clock, an event loop or a process: all is handed in. */
const pureFolders = ["protocol", "server/engine"];
const impure = [
  /\b(setTimeout|setInterval|setImmediate|Date\.now|new Date\(\)|performance\.now)\b/,
  /(?<![.\w])process\.(?:env|exit|stdout|stderr|nextTick|hrtime|cwd)\b/,
];

/** What runs later: in the engine only `guard.ts` may arrange it. */
const putOff = /\bqueueMicrotask\(|\.setTimer\(|\.onDrain\(|\.then\(/;

const maxLines = 400;
/** Sources that are longer, each with its reason. */
const longFiles: Record<string, string> = {};

/**
 * The engine's rooms: each with those that it may import besides the root, which imports none. `engine.ts` imports all.
 */
const rooms: Record<string, string[]> = {
  sync: [],
  watch: [],
  bypass: [],
  streams: ["bypass"],
  processes: ["bypass", "watch"],
  pools: ["processes", "watch"],
  runs: ["pools", "watch"],
  batch: ["processes"],
};

/** Files that import each other, types included, may be two: more cannot be read or tested alone. */
const maxCircle = 2;
/** Larger circles, each by one of its files, with the reason. */
const largeCircles: Record<string, string> = {};

/** What is wrong with this file's imports. */
function violations(source: Source): string[] {
  const folder = Object.keys(layers)
    .filter((candidate) => isBelow(source.path, candidate))
    .sort((a, b) => b.length - a.length)[0];
  if (folder === undefined) return [`${source.path} is in no folder of the table`];
  const layer = layers[folder]!;
  return importsOf(source)
    .filter((name) => !isAllowed(name, source, layer))
    .map((name) => `${source.path} imports ${name}; ${folder} may not`);
}

function isAllowed(name: string, source: Source, layer: Layer): boolean {
  if (name.startsWith(".")) {
    const target = relative(root, resolve(root, dirname(source.path), name)).replace(/\.js$/, ".ts");
    return layer.folders.some((folder) => isBelow(target, folder));
  }
  if (name === "node:child_process" && !mayStartProcesses.some((folder) => isBelow(source.path, folder))) return false;
  if (name.startsWith("node:")) return layer.node === "all" || (layer.node ?? []).includes(name);
  // `fs` instead of `node:fs`.
  if (builtinModules.includes(name)) return false;
  const packageName = name
    .split("/")
    .slice(0, name.startsWith("@") ? 2 : 1)
    .join("/");
  return (layer.packages ?? []).includes(packageName);
}

/** Whether a file of the engine imports a room that its own room may not. */
function aboveItsRoom(path: string, target: string): boolean {
  const roomOf = (file: string) =>
    isBelow(file, "server/engine") && file.split("/").length > 3 ? file.split("/")[2]! : null;
  const [from, to] = [roomOf(path), roomOf(target)];
  if (!isBelow(path, "server/engine") || path === "server/engine/engine.ts") return false;
  if (target === "server/engine/engine.ts") return true;
  return to !== null && to !== from && !(from !== null && (rooms[from] ?? []).includes(to));
}

describe("architecture", () => {
  const sources = readSources();
  const python = readSources(/\.pyi?$/);

  test("the sources are found", () => {
    assert.ok(sources.length > 50);
    assert.ok(
      sources.some(
        (source) => source.path === "server/os/guardian.ts" && importsOf(source).includes("node:child_process"),
      ),
    );
  });

  test("every file imports only what its folder may", () => {
    assert.deepEqual(sources.flatMap(violations), []);
  });

  test("the check finds imports that are not allowed", () => {
    const found = (path: string, text: string) => violations({ path, text }).length;
    assert.equal(
      found(
        "server/engine/sync/lock.ts",
        'import type { A } from "../../../protocol/lock.js";\nimport {\n  B,\n} from "../wait.js";',
      ),
      0,
    );
    assert.equal(found("server/engine/sync/lock.ts", 'import { createServer } from "node:net";'), 1);
    assert.equal(found("server/engine/sync/lock.ts", 'import type { Table } from "../../handlers/table.js";'), 1);
    assert.equal(found("server/engine/sync/lock.ts", `const os = await ${"import"}("../../os/spawner.js");`), 1);
    assert.equal(found("server/ipc/door.ts", 'import { x } from "../rpc/door.js";'), 1);
    assert.equal(found("server/ipc/door.ts", 'import { spawn } from "node:child_process";'), 1);
    assert.equal(found("server/os/x.ts", 'import { Engine } from "../engine/engine.js";'), 1);
    assert.equal(
      found("bindings/typescript/pools/pool.ts", 'export { Lock } from "../../../server/engine/sync/lock.js";'),
      1,
    );
    assert.equal(found("cli/map.ts", 'import {\n  a,\n  b,\n} from "../server/main.js";'), 1);
    assert.equal(found("protocol/lock.ts", 'import * as lodash from "lodash";'), 1);
    assert.equal(found("protocol/lock.ts", '// import x from "node:fs";\n/* import y from "node:os" */'), 0);
    assert.equal(found("elsewhere/x.ts", ""), 1);
  });

  test("each room of the engine imports only the rooms below it", () => {
    const engine = sources.filter(({ path }) => isBelow(path, "server/engine"));
    const found = engine.flatMap((source) =>
      targetsOf(source)
        .filter((target) => aboveItsRoom(source.path, target))
        .map((target) => `${source.path} imports ${target}`),
    );
    assert.deepEqual(found, []);
    assert.ok(aboveItsRoom("server/engine/session.ts", "server/engine/sync/lock.ts"));
    assert.ok(aboveItsRoom("server/engine/sync/lock.ts", "server/engine/engine.ts"));
    assert.ok(aboveItsRoom("server/engine/sync/lock.ts", "server/engine/streams/pipe.ts"));
    assert.ok(!aboveItsRoom("server/engine/pools/job.ts", "server/engine/processes/runtime.ts"));
  });

  test(`no more than ${maxCircle} files import each other in a circle, types included`, () => {
    const product = sources.filter(({ path }) => !isBelow(path, "test"));
    const large = circles(new Map(product.map((source) => [source.path, targetsOf(source)]))).filter(
      (circle) => circle.length > maxCircle,
    );
    assert.deepEqual(
      large.filter((circle) => !circle.some((path) => path in largeCircles)),
      [],
    );
    assert.deepEqual(
      Object.keys(largeCircles).filter((path) => !large.flat().includes(path)),
      [],
      "no longer in a circle: take it off the list",
    );
  });

  test("the search for circles finds them", () => {
    const graph = new Map([
      ["a", ["b"]],
      ["b", ["c", "d"]],
      ["c", ["a"]],
      ["d", ["e"]],
      ["e", ["d", "f"]],
      ["f", ["elsewhere"]],
    ]);
    assert.deepEqual(circles(graph), [
      ["d", "e"],
      ["a", "b", "c"],
    ]);
  });

  test("protocol and engine have no clock, no timers and no process of their own", () => {
    const found = sources
      .filter(({ path }) => pureFolders.some((folder) => isBelow(path, folder)) && !isBelow(path, "protocol/generate"))
      .flatMap(({ path, text }) => {
        const uses = impure.flatMap((pattern) => pattern.exec(withoutComments(text))?.[0] ?? []);
        return uses.map((use) => `${path} uses ${use}`);
      });
    assert.deepEqual(found, []);
  });

  test("the engine defers work through guard.ts only", () => {
    const found = sources
      .filter(({ path }) => isBelow(path, "server/engine") && path !== "server/engine/guard.ts")
      .flatMap(({ path, text }) => {
        const match = putOff.exec(withoutComments(text));
        return match ? [`${path} uses ${match[0]}`] : [];
      });
    assert.deepEqual(found, []);
    assert.match("this.clock.setTimer(5, () => {})", putOff);
  });

  test("no folder is a catch-all (utils, common …), and only two files are called index.ts", () => {
    const found = sources
      .map(({ path }) => path)
      .filter(
        (path) =>
          /(^|\/)(utils?|common|helpers?|misc|shared|lib)(\/|\.ts$)/.test(path) ||
          (path.endsWith("/index.ts") && !["protocol/index.ts", "bindings/typescript/index.ts"].includes(path)),
      );
    assert.deepEqual(found, []);
  });

  test("no line of Python has over 120 columns", () => {
    const found = python.flatMap(({ path, text }) =>
      text.split("\n").flatMap((line, i) => (Array.from(line).length > 120 ? [`${path}:${i + 1}`] : [])),
    );
    assert.deepEqual(found, []);
    assert.ok(python.length > 100);
  });

  test(`no source has over ${maxLines} lines without a reason`, () => {
    const long = [...sources, ...python]
      .filter(({ text }) => text.split("\n").length - 1 > maxLines)
      .map(({ path }) => path);
    assert.deepEqual(
      long.filter((path) => !(path in longFiles)),
      [],
    );
    assert.deepEqual(
      Object.keys(longFiles).filter((path) => !long.includes(path)),
      [],
      "no longer long: take it off the list",
    );
  });

  test(`no line of a source or a document has over ${maxColumns} columns`, () => {
    assert.deepEqual(longLines(), []);
    const long = "x".repeat(maxColumns + 1);
    assert.deepEqual(longLinesOf("server/x.ts", `${long}\n| ${long} |`), [
      "server/x.ts:1: 121 columns",
      "server/x.ts:2: 125 columns",
    ]);
    assert.deepEqual(longLinesOf("docs/x.md", `| ${long} |\nhttps://example.org/${long}`), []);
  });
});
