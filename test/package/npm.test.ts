import assert from "node:assert/strict";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { packageFiles } from "../bindings/python/wheel.js";
import { root } from "../fixture.js";
import { within } from "../deadline.js";
import { RunReader } from "../faults/run-reader.js";
import { startServer } from "../server/server-process.js";
import { temporaryFolder } from "../temporary-folder.js";
import { strictOptions } from "./strict-options.js";
import { packed, run, type Packed } from "./packed.js";

describe("the package, packed and installed in an empty folder elsewhere", () => {
  const folder = temporaryFolder({ after });
  const project = join(folder, "project");
  let report: Packed;

  before(async () => {
    report = await packed(folder);
    mkdirSync(project);
    writeFileSync(join(project, "package.json"), JSON.stringify({ name: "a-user-s", private: true, type: "module" }));
    await run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", report.path], {
      cwd: project,
    });
  });

  it("holds the compiled code and its documents, and no sources", (t) => {
    t.diagnostic(`${report.files.length} files, ${report.size} bytes packed, ${report.unpackedSize} bytes unpacked`);
    const paths = report.files.map(({ path }) => path);
    for (const path of [
      "package.json",
      "README.md",
      "LICENSE",
      "CHANGELOG.md",
      "protocol/SPEC.md",
      "dist/bindings/typescript/index.js",
      "dist/bindings/typescript/index.d.ts",
      "dist/bindings/typescript/host/main.js",
      "dist/server/main.js",
      "dist/server/outcomes/cache-thread.js",
      "dist/command/polyproc.cjs",
    ]) {
      assert.ok(paths.includes(path), `${path} is missing`);
    }
    assert.deepEqual(
      paths.filter((path) => path.startsWith("bindings/python/")).sort(),
      packageFiles().map((path) => `bindings/python/${path}`),
    );
    assert.deepEqual(
      paths.filter((path) => path.endsWith(".ts") && !path.endsWith(".d.ts") && !path.startsWith("examples/")),
      [],
    );
    assert.deepEqual(
      paths.filter((path) => /^dist\/(test|bench|examples)\//.test(path)),
      [],
    );
    assert.deepEqual(
      paths.filter((path) => /^(dist\/)?extension\/.*(?<!\.d\.ts)$|^(?!dist\/command\/).*\.[cm]js$|\.vsix$/.test(path)),
      ["bindings/typescript/common-js.cjs"],
      "the extension is packed by itself; of it, only the types of its API are here",
    );
    assert.ok(report.size < 2_000_000, `${report.size} bytes are more than expected: look what was packed`);
  });

  it("has what the README links to and shows", () => {
    const readme = readFileSync(join(root, "README.md"), "utf8");
    const links = [...readme.matchAll(/\]\(([^)\s#]+)[^)]*\)|(?:src|srcset)="([^"\s]+)"/g)]
      .map((match) => match[1] ?? match[2]!)
      .filter((link) => !/^https?:/.test(link));
    assert.ok(links.length > 10);
    const paths = report.files.map(({ path }) => path);
    const missing = links.filter((link) => !paths.some((path) => path === link || path.startsWith(`${link}/`)));
    assert.deepEqual(missing, []);
  });

  it("asks for no package that it does not use, and for none with an install script", async () => {
    const installed = JSON.parse(readFileSync(join(project, "package-lock.json"), "utf8")) as {
      packages: Record<string, { dependencies?: Record<string, string>; hasInstallScript?: boolean }>;
    };
    const used = new Set<string>();
    for (const { path } of report.files.filter(({ path }) => /\.c?js$/.test(path))) {
      const source = readFileSync(join(project, "node_modules", "polyproc", path), "utf8");
      for (const [, name] of source.matchAll(/(?:from|import\(|require\()\s*"((?:@[^/"]+\/)?[^./"@:][^/":]*)/g))
        used.add(name!);
    }
    const asked = Object.keys(installed.packages["node_modules/polyproc"]!.dependencies!);
    assert.deepEqual(
      asked.filter((name) => !used.has(name)),
      [],
    );
    assert.deepEqual(
      Object.entries(installed.packages).filter(([, { hasInstallScript }]) => hasInstallScript),
      [],
    );
  });

  it("satisfies publint and are-the-types-wrong", async () => {
    const bin = (name: string) => join(root, "node_modules", ".bin", name);
    await run(bin("publint"), [report.path, "--strict"]);
    await run(bin("attw"), [report.path], { cwd: root });
  });

  it("can be required", async () => {
    writeFileSync(join(project, "required.cjs"), `console.log(typeof require("polyproc").Pool);`);
    const { stdout } = await run(process.execPath, ["--no-warnings", "required.cjs"], { cwd: project });
    assert.equal(stdout, "function\n");
  });

  it("runs a pool with a function of a module", async () => {
    writeFileSync(
      join(project, "pool.js"),
      `
      import { isMain, Pool, task } from "polyproc";
      export function square(n) { return n * n; }
      if (isMain(import.meta)) {
        const pool = new Pool(2);
        console.log(await pool.map(task(import.meta, square), [1, 2, 3]));
        await pool.terminate();
      }
    `,
    );
    const { stdout, stderr } = await run(process.execPath, ["pool.js"], { cwd: project });
    assert.equal(stderr, "");
    assert.equal(stdout, "[ 1, 4, 9 ]\n");
  });

  it("runs a process of a class", async () => {
    writeFileSync(
      join(project, "process.js"),
      `
      import { isMain, Process } from "polyproc";
      export class Greeter extends Process {
        run() { console.log("hello from " + this.name); }
      }
      if (isMain(import.meta)) {
        const p = new Greeter();
        await p.start();
        await p.join();
        console.log(p.exitCode);
      }
    `,
    );
    const { stdout, stderr } = await run(process.execPath, ["process.js"], { cwd: project });
    assert.equal(stderr, "");
    assert.equal(stdout, "hello from Greeter-1\n0\n");
  });

  it("has a server whose runs replay what was kept", async (t) => {
    const main = join(project, "node_modules", "polyproc", "dist", "server", "main.js");
    const listen = ["--listen", `unix:${join(temporaryFolder(t), "s")}`];
    const server = await startServer(t, listen, { cwd: project, main });
    const reader = await RunReader.open({ address: server.addresses[0]! });
    t.after(() => reader.close());
    const cache = { dir: join(temporaryFolder(t), "cache"), inputs: ["pack*.json"] };
    const cached: (boolean | string | undefined)[] = [];
    for (let i = 0; i < 2; i++) {
      const { run: handle } = await reader.start({ target: { command: "echo" }, items: ["x"], cache });
      const entry = (await within(reader.readAll(handle), "the outcome")).get(0)!;
      cached.push(entry.cached ?? entry.notCached);
    }
    assert.deepEqual(cached, [undefined, true]);
  });

  it("offers the command", async () => {
    const { stdout } = await run(
      join(project, "node_modules", ".bin", "polyproc"),
      ["map", "--keep-order", "-j", "2", "a", "b", "--", "echo", "item", "{}"],
      { cwd: project },
    );
    assert.equal(stdout, "item a\nitem b\n");
  });

  it("has types, for the binding and for the protocol", async () => {
    // What a user of Node has anyway.
    mkdirSync(join(project, "node_modules", "@types"), { recursive: true });
    symlinkSync(join(root, "node_modules", "@types", "node"), join(project, "node_modules", "@types", "node"));
    writeFileSync(
      join(project, "types.ts"),
      `
      import { Pool, task, type AsyncResult } from "polyproc";
      import { messages, PolyprocError } from "polyproc/protocol";
      import type { PolyprocApi } from "polyproc/vscode";
      export async function countRuns(api: PolyprocApi): Promise<number> {
        const { runs } = await (await api.server.ensure()).request("run/list", {});
        return runs.filter(({ endedAt }) => endedAt === null).length;
      }
      export function length(text: string): number { return text.length; }
      export async function check(pool: Pool): Promise<number[]> {
        const later: AsyncResult<number> = pool.applyAsync(task(import.meta, length), ["abc"]);
        await later;
        // @ts-expect-error -- the items must be what the function takes
        await pool.map(task(import.meta, length), [1, 2]);
        if (messages.length === 0) throw new PolyprocError("InternalError", "no messages");
        return pool.map(task(import.meta, length), ["a", "b"]);
      }
    `,
    );
    writeFileSync(
      join(project, "tsconfig.json"),
      JSON.stringify({
        compilerOptions: { ...strictOptions, noEmit: true },
        files: ["types.ts"],
      }),
    );
    const { stdout } = await run(join(root, "node_modules", ".bin", "tsc"), ["-p", project]).catch(
      (error: { stdout: string }) => error,
    );
    assert.equal(stdout, "");
  });

  it("is imported by TypeScript that becomes CommonJS, also with compilers that refuse ES modules there", async () => {
    const around = join(project, "common-js");
    mkdirSync(around);
    writeFileSync(join(around, "package.json"), JSON.stringify({ name: "older", private: true }));
    writeFileSync(
      join(around, "program.ts"),
      `
      import { Pool, task, type AsyncResult } from "polyproc";

      export function length(text: string): number { return text.length; }

      async function main(): Promise<void> {
        const pool: Pool = new Pool(1);
        const result: AsyncResult<number> = pool.applyAsync(task(module, length), ["abc"]);
        // @ts-expect-error -- the argument must be what the function takes
        task(module, length).module satisfies number;
        console.log(await result);
        await pool.terminate();
      }

      if (require.main === module) void main();
    `,
    );
    const attw = createRequire(createRequire(import.meta.url).resolve("@arethetypeswrong/core/package.json"));
    const [older, own] = [attw.resolve("typescript/lib/tsc.js"), join(root, "node_modules/typescript/bin/tsc")];
    for (const [compiler, kind] of [
      [older, "node16"],
      [older, "nodenext"],
      [own, "node18"],
      [own, "nodenext"],
    ] as const) {
      const compilerOptions = {
        ...strictOptions,
        // Before 5.7, types of arrays had no parameters.
        skipLibCheck: compiler === older,
        module: kind,
        moduleResolution: kind === "nodenext" ? kind : "node16",
      };
      writeFileSync(join(around, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["program.ts"] }));
      const { stdout } = await run(process.execPath, [compiler, "-p", around]).catch(
        (error: { stdout: string }) => error,
      );
      assert.equal(stdout, "", `${compiler}, ${kind}`);
      assert.equal((await run(process.execPath, ["program.js"], { cwd: around })).stdout, "3\n");
    }
  });
});
