import { randomUUID } from "node:crypto";
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { within } from "../deadline.js";
import { offlineHome, parts } from "./offline-home.js";

export interface VscodeServerOptions {
  /**
   * Everything that it keeps is below here; its temporary files and sockets, too. A short path: sockets have 107
   * characters.
   */
  folder: string;
  userDataDir?: string | undefined;
  extensionsDir?: string | undefined;
  /** The user's. Added to those that keep VS Code quiet. */
  settings?: Record<string, unknown> | undefined;
  /** Settings of the scope `machine`: such a window is a remote one, which takes them from the machine alone. */
  machineSettings?: Record<string, unknown> | undefined;
  env?: NodeJS.ProcessEnv | undefined;
  /**
   * Without it, a built VS Code ignores `extensionDevelopmentPath`; with it, there are no toasts and no modal dialogs.
   */
  driver?: boolean;
  /** Whether the user has to trust the workspace first. Default: no. */
  askForTrust?: boolean;
}

const quietSettings = {
  "telemetry.telemetryLevel": "off",
  "update.mode": "none",
  "extensions.autoUpdate": false,
  "extensions.autoCheckUpdates": false,
  "extensions.ignoreRecommendations": true,
  "workbench.startupEditor": "none",
  "workbench.enableExperiments": false,
  "workbench.welcomePage.walkthroughs.openOnInstall": false,
  "chat.disableAIFeatures": true,
  "git.openRepositoryInParentFolders": "never",
  "window.commandCenter": false,
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  // Each frame of an animation is drawn by the processor.
  "workbench.reduceMotion": "on",
};

const startMs = 60_000;
const endMs = 10_000;

/** The offline VS Code, serving its workbench to browsers on a free port of this machine. */
export class VscodeServer {
  readonly port: number;
  /** Part of the address. */
  readonly token: string;
  readonly #child: ChildProcess;
  /** Resolves with what is known of its end. */
  readonly exited: Promise<string>;

  private constructor(port: number, token: string, child: ChildProcess, exited: Promise<string>) {
    this.port = port;
    this.token = token;
    this.#child = child;
    this.exited = exited;
  }

  static async start(options: VscodeServerOptions): Promise<VscodeServer> {
    const { folder, driver = false, askForTrust = false, extensionsDir = join(folder, "extensions") } = options;
    const userDataDir = options.userDataDir ?? join(folder, "user");
    const temporary = join(folder, "tmp");
    const token = randomUUID();
    mkdirSync(temporary, { recursive: true, mode: 0o700 });
    writeSettings(userDataDir, {
      ...quietSettings,
      "security.workspace.trust.enabled": askForTrust,
      ...options.settings,
    });
    writeSettings(userDataDir, options.machineSettings ?? {}, "Machine");
    const child = spawn(
      join(offlineHome, parts.node),
      [
        join(offlineHome, parts.server),
        "--host",
        "127.0.0.1",
        "--port",
        "0",
        // A client of this port runs programs as this user, and other users of the machine can reach it, too.
        "--connection-token",
        token,
        "--accept-server-license-terms",
        "--server-data-dir",
        join(folder, "server"),
        "--user-data-dir",
        userDataDir,
        "--extensions-dir",
        extensionsDir,
        "--telemetry-level",
        "off",
        "--force-disable-user-env",
        ...(askForTrust ? [] : ["--disable-workspace-trust"]),
        ...(driver ? ["--enable-smoke-test-driver"] : []),
      ],
      {
        stdio: ["ignore", "pipe", "pipe"],
        // No marketplace is asked.
        env: {
          ...process.env,
          EXTENSIONS_GALLERY: "{}",
          TMPDIR: temporary,
          XDG_RUNTIME_DIR: temporary,
          // The tests must not see the batch queue of the user who runs them.
          XDG_STATE_HOME: join(options.folder, "state"),
          ...options.env,
        },
      },
    );
    let log = "";
    const exited = new Promise<string>((done) => {
      child.once("error", (error) => done(error.message));
      child.once("exit", (code, signal) => done(signal ?? `exit code ${code}`));
    });
    const listening = new Promise<number>((done, failed) => {
      const look = (data: Buffer) => {
        log = (log + data.toString()).slice(-20_000);
        const found = /Extension host agent listening on (\d+)/.exec(log);
        if (found) done(Number(found[1]));
        if (process.env["VSCODE_OFFLINE_DEBUG"]) process.stderr.write(data);
      };
      child.stdout.on("data", look);
      child.stderr.on("data", look);
      void exited.then((how) => failed(new Error(`VS Code's server ended with ${how}:\n${log}`)));
    });
    try {
      return new VscodeServer(await within(listening, "VS Code's server to listen", startMs), token, child, exited);
    } catch (error) {
      child.kill("SIGKILL");
      throw error;
    }
  }

  /** Ends it, with its extension hosts and terminals. */
  async stop(): Promise<void> {
    this.#child.kill("SIGTERM");
    const impatience = setTimeout(() => this.#child.kill("SIGKILL"), endMs);
    await this.exited;
    clearTimeout(impatience);
  }
}

/** Settings that exist are kept: the caller that made the folder wrote them on purpose. */
function writeSettings(userDataDir: string, settings: Record<string, unknown>, of = "User"): void {
  const file = join(userDataDir, of, "settings.json");
  const there = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>) : {};
  mkdirSync(join(userDataDir, of), { recursive: true });
  writeFileSync(file, JSON.stringify({ ...settings, ...there }, null, 2));
}

/** Installs a packaged extension into an extensions folder. */
export async function installExtension(vsix: string, extensionsDir: string, folder: string): Promise<void> {
  const child = spawn(
    join(offlineHome, parts.node),
    [
      join(offlineHome, parts.server),
      "--install-extension",
      resolve(vsix),
      "--extensions-dir",
      extensionsDir,
      "--server-data-dir",
      join(folder, "server"),
      "--user-data-dir",
      join(folder, "user"),
      "--accept-server-license-terms",
    ],
    { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, EXTENSIONS_GALLERY: "{}", TMPDIR: folder } },
  );
  let log = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data: Buffer) => (log += data.toString()));
  const code = await new Promise((done) => child.once("close", done));
  if (code !== 0 || !existsSync(extensionsDir)) throw new Error(`${vsix} could not be installed:\n${log}`);
  await rm(join(folder, "server"), { recursive: true, force: true });
}
