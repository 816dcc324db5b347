import { spawn, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type Client } from "polyproc";
import { Guardian } from "../../server/os/guardian.js";
import { waitFor, within } from "../deadline.js";
import { developerVariables } from "../developer-variables.js";
import { compiled } from "../fixture.js";
import { killEach } from "../runner/leaks.js";
import { certificate, privateKey } from "../server/tls-files.js";
import { pythonEnvironment } from "./program.js";
import { soakProcesses, soakVariable } from "./processes.js";

/** A run's folder, its mark, and its server, of which there is one after another. */
export class Stage {
  readonly id = randomUUID();
  /** Short, since paths of sockets may have 107 characters at most. */
  readonly folder = mkdtempSync(join(tmpdir(), "soak-"));
  /** TMPDIR of every process of the run: what is in it when all is quiet was left behind. */
  readonly temporary = join(this.folder, "t");
  /** Stacks of processes that hang. */
  readonly stacks = join(this.folder, "stacks");
  readonly environment: NodeJS.ProcessEnv;
  /** Kills all that is marked when this process itself is killed. */
  readonly #guardian = new Guardian(this.id);
  #server: ChildProcess | null = null;
  #stderr = "";
  #addresses: string[] = [];
  #watcher: Client | null = null;
  #servers = 0;

  constructor() {
    for (const folder of [this.temporary, this.stacks]) mkdirSync(folder);
    writeFileSync(this.#certificate, certificate);
    writeFileSync(this.#key, privateKey);
    const report = `--report-on-signal --report-signal=SIGUSR2 --report-directory=${this.stacks}`;
    this.environment = {
      ...process.env,
      ...pythonEnvironment,
      [soakVariable]: this.id,
      TMPDIR: this.temporary,
      XDG_RUNTIME_DIR: this.temporary,
      POLYPROC_SOAK_STACKS: this.stacks,
      NODE_OPTIONS: report,
      NODE_COMPILE_CACHE: join(this.folder, "compiled"),
      PYTHONPYCACHEPREFIX: join(this.folder, "compiled"),
      PYTHONDONTWRITEBYTECODE: "",
      NO_COLOR: "1",
      POLYPROC_TOKEN: this.id,
      // The programs that come over the network belong to one test, too.
      POLYPROC_TRUST_BLOBS: "1",
      NODE_EXTRA_CA_CERTS: this.#certificate,
    };
    for (const name of developerVariables) if (name !== "POLYPROC_TOKEN") delete this.environment[name];
  }

  get address(): string | null {
    return this.#server === null ? null : `unix:${this.#path}`;
  }

  /** All addresses of the server: its Unix socket, TCP and TLS. */
  get addresses(): readonly string[] {
    return this.#addresses;
  }

  get serverPid(): number | null {
    return this.#server?.pid ?? null;
  }

  /** How the server ended; null while it lives, or when there is none. */
  get serverStatus(): number | string | null {
    return this.#server === null ? null : (this.#server.exitCode ?? this.#server.signalCode);
  }

  get serverStderr(): string {
    return this.#stderr;
  }

  /** The run's own client. It looks on. */
  get watcher(): Client {
    if (!this.#watcher) throw new Error("there is no server");
    return this.#watcher;
  }

  get #certificate(): string {
    return join(this.folder, "certificate.pem");
  }

  get #key(): string {
    return join(this.folder, "key.pem");
  }

  get #path(): string {
    return join(this.folder, `s${this.#servers}`);
  }

  async startServer(): Promise<void> {
    this.#servers++;
    this.#stderr = "";
    const listen = [`unix:${this.#path}`, "tcp:127.0.0.1:0", "tls:127.0.0.1:0"].flatMap((one) => ["--listen", one]);
    const tls = ["--tls-cert", this.#certificate, "--tls-key", this.#key];
    const server = spawn(process.execPath, [compiled("server/main"), ...listen, ...tls], {
      cwd: this.folder,
      env: this.environment,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    this.#guardian.add(server.pid!);
    this.#server = server;
    let stdout = "";
    server.stdout.on("data", (text: Buffer) => (stdout += text.toString()));
    server.stderr.on("data", (text: Buffer) => (this.#stderr = (this.#stderr + text.toString()).slice(-20_000)));
    await waitFor(
      () => {
        if (this.serverStatus !== null) throw new Error(`the server ended with ${this.serverStatus}: ${this.#stderr}`);
        this.#addresses = [...stdout.matchAll(/^polyproc: listening on (.*)$/gm)].map((line) => line[1]!);
        return this.#addresses.length === 3;
      },
      { what: "a server that listens", timeoutMs: 30_000 },
    );
    this.#watcher = await connect(`unix:${this.#path}`, { name: "soak" });
  }

  /** Ends the server in order if it lives. Returns what is wrong, in words. */
  async endServer(): Promise<string[]> {
    const server = this.#server;
    if (!server) return [];
    const faults: string[] = [];
    const wasAlive = this.serverStatus === null;
    await this.#watcher?.close().catch(() => {});
    if (wasAlive) server.kill("SIGTERM");
    const ended = server.exitCode !== null || server.signalCode !== null ? Promise.resolve() : once(server, "exit");
    await within(Promise.resolve(ended), "the server's end", 30_000).catch((error: unknown) =>
      faults.push(String(error)),
    );
    if (wasAlive && this.serverStatus !== 0) faults.push(`the server, told to end, ended with ${this.serverStatus}`);
    // A server that was killed cannot take its socket away.
    if (!wasAlive || this.serverStatus !== 0) rmSync(this.#path, { force: true });
    else if (existsSync(this.#path)) faults.push(`the server left its socket ${this.#path}`);
    if (this.serverStatus === null) server.kill("SIGKILL");
    this.#guardian.remove(server.pid!);
    this.#server = null;
    this.#watcher = null;
    return faults;
  }

  living() {
    return soakProcesses(this.id, this.serverPid, new Set());
  }

  /** Names of what is in the temporary folder. */
  temporaryFiles(): string[] {
    return readdirSync(this.temporary, { recursive: true, encoding: "utf8" });
  }

  killAll(): void {
    killEach(this.living());
  }

  /** Removes all that is left of the run. */
  async end(): Promise<void> {
    await this.endServer();
    await waitFor(() => (this.killAll(), this.living().length === 0), {
      what: "the end of all that is marked",
      timeoutMs: 10_000,
    }).catch(() => {});
    await this.#guardian.end();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
