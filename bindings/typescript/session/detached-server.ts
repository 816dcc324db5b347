import { spawn } from "node:child_process";
import { closeSync, fstatSync, mkdirSync, openSync, readSync } from "node:fs";
import { dirname } from "node:path";
import { SpawnFailed } from "./errors.js";

/** Milliseconds that a server may take to start. A busy machine may need seconds. */
const readyMs = 20_000;
const shownErrorBytes = 4096;

export interface DetachedServerOptions {
  /** Program and first arguments: Node and the server's main module. */
  command: readonly [string, ...string[]];
  /** The server's options: `--listen` and others. */
  options: readonly string[];
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** File for the server's standard error. Created if missing, otherwise appended to. */
  logFile: string;
}

export interface DetachedServer {
  pid: number;
  /** Resolves with how the server ended: `exit code 1`, `SIGKILL`. Only while this process lives. */
  ended: Promise<string>;
}

/**
 * Starts a server that outlives this process, and resolves once it listens. Rejects with SpawnFailed, which quotes the
 * server's standard error, if the server ends first or is not ready in time.
 */
export async function startDetachedServer({
  command,
  options,
  cwd,
  env,
  logFile,
}: DetachedServerOptions): Promise<DetachedServer> {
  const log = openLog(logFile);
  try {
    const start = fstatSync(log).size;
    const [program, ...first] = command;
    const server = spawn(program, [...first, ...options], {
      cwd,
      env,
      detached: true,
      stdio: ["ignore", "pipe", log],
    });
    const ended = new Promise<string>((resolve) =>
      server.once("exit", (code, signal) => resolve(signal ?? `exit code ${code}`)),
    );
    let timer: NodeJS.Timeout | undefined;
    let waiting = true;
    try {
      await new Promise<void>((ready, failed) => {
        const fail = (trouble: string, cause?: unknown) =>
          failed(new SpawnFailed("SpawnFailed", trouble, {}, cause === undefined ? undefined : { cause }));
        server.once("error", (error) =>
          fail(`the server could not be started with ${program}: ${error.message}`, error),
        );
        // Once the server is ready, its end is reported through `ended`, and the log is closed here.
        void ended.then(
          (how) =>
            waiting &&
            fail(
              `the server ended as soon as it was started (${how}): ${saidSince(log, start) || "it did not say why"}`,
            ),
        );
        timer = setTimeout(() => {
          server.kill("SIGKILL");
          fail(`the server was not ready after ${readyMs / 1000} s, and was ended; ${logFile} may say more`);
        }, readyMs);
        let said = "";
        server.stdout?.on("data", (chunk: Buffer) => {
          said += chunk.toString("latin1");
          if (said.includes("listening on")) ready();
        });
      });
    } finally {
      waiting = false;
      clearTimeout(timer);
      server.stdout?.destroy();
      server.unref();
    }
    return { pid: server.pid!, ended };
  } finally {
    closeSync(log);
  }
}

function openLog(file: string): number {
  try {
    mkdirSync(dirname(file), { recursive: true });
    return openSync(file, "a+", 0o600);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new SpawnFailed(
      "SpawnFailed",
      `the server's log cannot be written: ${message}; check its folder, and that the disk is not full`,
      { errno: code },
      { cause: error },
    );
  }
}

/** The text that was appended to the log after byte `start`, as one line. */
function saidSince(log: number, start: number): string {
  const bytes = Math.min(Math.max(0, fstatSync(log).size - start), shownErrorBytes);
  const buffer = Buffer.alloc(bytes);
  const read = readSync(log, buffer, 0, bytes, start);
  return buffer
    .toString("utf8", 0, read)
    .replace(/^polyproc: /gm, "")
    .trim()
    .replace(/\s*\n\s*/g, " ");
}
