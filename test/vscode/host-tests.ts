import { createServer, type Server } from "node:net";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { runTests } from "@vscode/test-electron";
import { stage } from "../../extension/build/stage.js";
import { root } from "../fixture.js";
import { vscodeExecutable } from "./executable.js";
import { orderVariable, type HostEvent, type HostTestsOrder } from "./host-events.js";
import { Marked } from "./marked.js";

export interface HostTest {
  title: string;
  /** Rejects with why it failed; `skipped`: it decided not to run. */
  outcome: Promise<{ skipped: boolean }>;
}

export interface HostTestsOptions {
  /** Everything that is written is below it. */
  folder: string;
  /** The folder of the suites: its files, not those below it. */
  suites: string;
  /** Names of suites; none: all of them. */
  only?: readonly string[];
  /** What the window opens: a folder or a `.code-workspace` file. */
  workspace: string;
  env?: Record<string, string>;
  /** Ends VS Code when it aborts; `runHostTests` rejects then. */
  signal?: AbortSignal;
  onTest: (test: HostTest) => void;
  onNote: (text: string) => void;
}

/**
 * Runs suites in the extension host of one VS Code, with the extension as it is packaged. Nothing runs any more when it
 * resolves.
 */
export async function runHostTests(options: HostTestsOptions): Promise<void> {
  const { folder, suites, only = [], workspace, env = {}, signal, onTest, onNote } = options;
  const extension = join(folder, "extension");
  const userDataDir = join(folder, "user");
  const [tests] = await Promise.all([bundleSuites(suites, join(folder, "suites"), only), stage(extension)]);
  writeSettings(userDataDir);
  const events = new Events(onTest, onNote);
  const socket = join(folder, "s");
  const door = await listen(socket, events);
  const order: HostTestsOrder = {
    socket,
    mocha: pathToFileURL(join(root, "node_modules", "mocha", "index.js")).href,
    suites: tests.suites,
  };
  const marked = new Marked();
  const stop = () => marked.stop();
  signal?.addEventListener("abort", stop);
  try {
    await runTests({
      vscodeExecutablePath: await vscodeExecutable(folder),
      extensionDevelopmentPath: extension,
      extensionTestsPath: tests.entry,
      extensionTestsEnv: {
        [orderVariable]: JSON.stringify(order),
        VSCODE_OFFLINE_FOLDER: join(folder, "v"),
        ...env,
        ...marked.environment,
      },
      launchArgs: [
        workspace,
        `--user-data-dir=${userDataDir}`,
        `--extensions-dir=${join(folder, "extensions")}`,
        "--disable-telemetry",
      ],
    });
  } catch (error) {
    // Its exit code says only that some test failed, which is known.
    if (!events.over || signal?.aborted) throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
    events.end();
    door.close();
    await marked.end();
  }
  if (!events.over) throw new Error("the extension host ended before the tests did");
}

/** The suites, and what runs them. Bundled, since an extension host's modules are CommonJS. */
async function bundleSuites(
  suites: string,
  outdir: string,
  only: readonly string[],
): Promise<{ entry: string; suites: string[] }> {
  const names = readdirSync(suites)
    .filter((name) => name.endsWith(".ts"))
    .map((name) => basename(name, ".ts"));
  const chosen = only.length === 0 ? names : names.filter((name) => only.includes(name));
  if (chosen.length === 0)
    throw new Error(`there is no suite named ${only.join(", ")} in ${suites}; there are ${names.join(", ")}`);
  await build({
    absWorkingDir: root,
    entryPoints: {
      run: join(root, "test/extension/host/harness/run.ts"),
      ...Object.fromEntries(chosen.map((name) => [name, join(suites, `${name}.ts`)])),
    },
    outdir,
    outExtension: { ".js": ".cjs" },
    bundle: true,
    platform: "node",
    target: "node20.18",
    format: "cjs",
    sourcemap: "linked",
    external: ["vscode", "msgpackr-extract"],
    define: { "import.meta.url": "bundleUrl" },
    banner: { js: 'const bundleUrl = require("node:url").pathToFileURL(__filename).href;' },
    logLevel: "warning",
  });
  return { entry: join(outdir, "run.cjs"), suites: chosen.sort().map((name) => join(outdir, `${name}.cjs`)) };
}

function writeSettings(userDataDir: string): void {
  mkdirSync(join(userDataDir, "User"), { recursive: true });
  writeFileSync(
    join(userDataDir, "User", "settings.json"),
    JSON.stringify({ "git.openRepositoryInParentFolders": "never", "security.workspace.trust.enabled": false }),
  );
}

async function listen(path: string, events: Events): Promise<Server> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    createInterface({ input: socket }).on("line", (line) => events.take(JSON.parse(line) as HostEvent));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  return server;
}

/** Pairs what begins with what ends. */
class Events {
  readonly #onTest: (test: HostTest) => void;
  readonly #onNote: (text: string) => void;
  #current: { resolve: (outcome: { skipped: boolean }) => void; reject: (error: Error) => void } | null = null;
  over = false;

  constructor(onTest: (test: HostTest) => void, onNote: (text: string) => void) {
    this.#onTest = onTest;
    this.#onNote = onNote;
  }

  take(event: HostEvent): void {
    switch (event.kind) {
      case "begins": {
        const outcome = new Promise<{ skipped: boolean }>((resolve, reject) => (this.#current = { resolve, reject }));
        outcome.catch(() => {});
        this.#onTest({ title: event.title, outcome });
        return;
      }
      case "ends":
        if (event.error === null) this.#current?.resolve({ skipped: event.skipped });
        else this.#current?.reject(told(event.error));
        this.#current = null;
        return;
      case "note":
        return this.#onNote(event.text);
      case "over":
        this.over = true;
    }
  }

  /** Nothing more is told. */
  end(): void {
    this.#current?.reject(new Error("the extension host ended while this test ran"));
  }
}

/** The stack is that of the extension host. */
function told(text: string): Error {
  const error = new Error(text.split("\n", 1)[0]);
  error.stack = text;
  return error;
}
