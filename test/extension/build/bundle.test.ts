import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, it, type TestContext } from "node:test";
import { promisify } from "node:util";
import { build } from "esbuild";
import { withPicturesAt } from "../../../extension/build/pictures.js";
import { relocate } from "../../../extension/build/relocate.js";
import { stage } from "../../../extension/build/stage.js";
import type { findJavascriptFunctions as find } from "../../../sources/javascript.js";
import { within } from "../../deadline.js";
import { root } from "../../fixture.js";
import { RawClient } from "../../server/clients.js";
import { RunReader } from "../../faults/run-reader.js";
import { temporaryFolder } from "../../temporary-folder.js";

const run = promisify(execFile);

describe("the extension, laid out as it will be installed, away from the checkout", () => {
  const folder = temporaryFolder({ after });
  const extension = join(folder, "extension");
  const project = join(folder, "project");
  const polyproc = join(extension, "bin", "polyproc");

  before(async () => {
    await stage(extension);
    mkdirSync(project);
  });

  it("holds what the manifest names, no sources, and nothing to install", () => {
    const paths = readdirSync(extension, { recursive: true, encoding: "utf8" });
    for (const path of [
      "package.json",
      "README.md",
      "LICENSE",
      "CHANGELOG.md",
      "NOTICES.txt",
      "dist/extension.cjs",
      "dist/javascript-functions.cjs",
      "dist/server.cjs",
      "dist/cache-thread.cjs",
      "dist/cli.cjs",
      "dist/cli-called.cjs",
      "protocol/generated/schema.json",
      "dist/host/main.mjs",
      "dist/results/webview.js",
      "dist/results/webview.css",
      "extension/images/icon.png",
    ]) {
      assert.ok(paths.includes(path), `${path} is missing`);
    }
    assert.deepEqual(
      paths.filter((path) => /\.ts$|\.map$|node_modules/.test(path)),
      [],
    );
    const manifest = JSON.parse(readFileSync(join(extension, "package.json"), "utf8")) as Record<string, unknown>;
    assert.equal(manifest["main"], "./dist/extension.cjs");
    for (const key of ["scripts", "dependencies", "devDependencies", "files", "exports"])
      assert.ok(!(key in manifest), key);
  });

  it("is accepted by the packager as it is, without options", async () => {
    const vsce = join(root, "node_modules", ".bin", "vsce");
    const { stderr } = await run(vsce, ["package", "--out", join(folder, "plain.vsix")], { cwd: extension });
    assert.doesNotMatch(stderr, /WARN/);
  });

  it("has a page of its own, whose links all work, and whose picture is there once it has an address", async () => {
    const page = readFileSync(join(root, "extension", "README.md"), "utf8");
    const hosted = withPicturesAt("https://git.example/o/polyproc/raw/HEAD/", page);
    const pictures = [...hosted.matchAll(/^!\[.*\]\(https:\/\/git\.example\/o\/polyproc\/raw\/HEAD\/(.*)\)$/gm)];
    assert.deepEqual(
      pictures.map((match) => match[1]),
      ["docs/images/overview-dark.png"],
    );
    assert.ok(existsSync(join(root, pictures[0]![1]!)));
    assert.doesNotMatch(hosted, /\]\((?!https:)/);
    // VS Code shows a picture without such an address as a broken one.
    assert.doesNotMatch(readFileSync(join(extension, "README.md"), "utf8"), /\]\((?!https:)/);
  });

  it("has the parser of JavaScript apart, so that a window that opens need not read it", () => {
    const source = (name: string) => readFileSync(join(extension, "dist", name), "utf8");
    assert.match(source("extension.cjs"), /require\("\.\/javascript-functions\.cjs"\)/);
    assert.deepEqual(
      ["extension.cjs", "javascript-functions.cjs"].map((name) => source(name).includes("ImportOutsideModule")),
      [false, true],
    );
    const { findJavascriptFunctions } = createRequire(join(extension, "dist", "x.js"))(
      "./javascript-functions.cjs",
    ) as { findJavascriptFunctions: typeof find };
    assert.deepEqual(
      findJavascriptFunctions("export const f = async (x) => x;", { jsx: false, typescript: false }).map(
        ({ export: name }) => name,
      ),
      ["f"],
    );
  });

  it("lists the licences of the software in it", () => {
    const notices = readFileSync(join(extension, "NOTICES.txt"), "utf8");
    for (const name of ["commander", "msgpackr", "valibot", "vscode-languageclient", "lit-html"])
      assert.match(notices, new RegExp(`^${name} \\d`, "m"));
    assert.match(notices, /Permission is hereby granted/);
  });

  it("has a command line with the version of the extension", async () => {
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
    assert.equal((await run(polyproc, ["--version"])).stdout, `${version}\n`);
  });

  it("runs functions in worker hosts, and keeps its own frames out of their errors", async () => {
    const module = join(project, "functions.mjs");
    writeFileSync(
      module,
      "export function half(n) {\n  if (n % 2) throw new RangeError(`${n} is odd`);\n  return n / 2;\n}\n",
    );
    const { stdout, stderr } = await run(
      polyproc,
      ["map", "--keep-order", "--json-items", "--module", module, "--export", "half", "2", "3", "4"],
      { cwd: project, env: withoutServer() },
    ).catch((error: { stdout: string; stderr: string }) => error);
    assert.equal(stdout, "1\n2\n");
    assert.match(stderr, /RangeError: 3 is odd\n\s+at half .*functions\.mjs/);
    assert.doesNotMatch(stderr, /dist.host/);
  });

  it("has a server that tells the protocol", async (t) => {
    const client = await RawClient.open((await bundledServer(t, extension)).replace("unix:", ""), "json");
    const { result } = await client.request("server/protocol");
    assert.ok(result.metaModel.requests.length > 0);
    assert.ok(result.schema.$defs.ServerProtocolResult);
    client.close();
  });

  it("has the thread that looks for kept outcomes", async (t) => {
    const reader = await RunReader.open({ address: await bundledServer(t, extension) });
    const dir = join(temporaryFolder(t), "cache");
    const cached: unknown[] = [];
    for (let i = 0; i < 2; i++) {
      const { run: handle } = await reader.start({ target: { command: "echo" }, items: ["x"], cache: { dir } });
      await within(reader.readAll(handle), "the outcome");
      cached.push((await reader.status(handle)).cached);
    }
    assert.deepEqual(cached, [0, 1]);
    reader.close();
  });

  it("shares objects with the copy of the package that a task's module has installed", async (t) => {
    mkdirSync(join(project, "node_modules"));
    symlinkSync(root, join(project, "node_modules", "polyproc"));
    writeFileSync(
      join(project, "copies.mjs"),
      `
      import { connect, currentProcess, Lock, Queue, task } from "polyproc";
      export async function use(lock, queue) {
        await lock.acquire();
        await lock.release();
        await queue.put(lock);
        await queue.put({ mine: new Lock() });
        return [lock instanceof Lock, queue instanceof Queue, currentProcess().name, process.argv[1]];
      }
      export async function make() {
        const lock = new Lock();
        await lock.acquire();
        return lock;
      }
      if (process.argv[2]) {
        const mp = await connect(process.argv[2]);
        const pool = new mp.Pool(1);
        const queue = new mp.Queue();
        const used = await pool.apply(task(import.meta, use), [new mp.Lock(), queue]);
        const received = [await queue.get(), (await queue.get()).mine];
        const made = await pool.apply(task(import.meta, make));
        const classes = [...received, made].map((object) => object instanceof Lock);
        const handles = new Set([...received, made].map((lock) => lock.handle)).size;
        console.log(JSON.stringify({ used, classes, handles, free: await made.acquire({ timeoutMs: 0 }) }));
        await pool.terminate();
        await mp.close();
      }
    `,
    );
    const address = await bundledServer(t, extension);
    const { stdout, stderr } = await run(process.execPath, ["copies.mjs", address], {
      cwd: project,
      env: withoutServer(),
    });
    assert.equal(stderr, "");
    assert.deepEqual(JSON.parse(stdout), {
      used: [true, true, "PoolWorker-1", join(extension, "dist", "host", "main.mjs")],
      classes: [true, true, true],
      handles: 3,
      free: false,
    });
  });
});

describe("bundling", () => {
  it("refuses a path relative to a module that the bundles do not have", async (t) => {
    const folder = temporaryFolder(t);
    const entry = join(folder, "a.ts");
    writeFileSync(entry, 'export const helper = new URL("./helper.js", import.meta.url);\n');
    await assert.rejects(
      build({ entryPoints: [entry], bundle: true, write: false, logLevel: "silent", plugins: [relocate("")] }),
      /helper\.js, and extension\/build\/relocate\.ts does not say where/,
    );
  });
});

/** Address of a server that goes with the test. */
async function bundledServer(t: TestContext, extension: string): Promise<string> {
  const server = spawn(
    process.execPath,
    [join(extension, "dist", "server.cjs"), "--listen", `unix:${join(temporaryFolder(t), "s")}`],
    { stdio: ["ignore", "pipe", "inherit"], env: withoutServer() },
  );
  const exited = new Promise((done) => server.once("exit", done));
  t.after(async () => {
    server.kill("SIGTERM");
    await exited;
  });
  const line = await within(
    new Promise<string>((done) => createInterface({ input: server.stdout }).once("line", done)),
    "the server to listen",
  );
  return line.replace("polyproc: listening on ", "");
}

function withoutServer(): NodeJS.ProcessEnv {
  const { POLYPROC_ADDRESS: _, ...env } = process.env;
  return env;
}
