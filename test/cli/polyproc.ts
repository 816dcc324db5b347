import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { patienceMs, waitFor, within } from "../deadline.js";
import { compiled } from "../fixture.js";
import { temporaryFolder } from "../temporary-folder.js";

export interface TestContext {
  after(clean: () => void | Promise<void>): void;
}

export interface RunOptions {
  cwd?: string;
  /** Added to the test's own; undefined removes. */
  env?: Record<string, string | undefined>;
  /** All of standard input. Default: none, at its end. `null`: left open for the test. */
  input?: string | Buffer | null;
  /** The Node that runs it. Default: that of the test. */
  node?: string;
}

/** A command line that runs. */
export interface Running {
  readonly process: ChildProcess;
  readonly pid: number;
  readonly stdin: Writable;
  stdout(): string;
  stderr(): string;
  signal(signal: NodeJS.Signals): void;
  /** Waits for its end and for that of its output. */
  ended(timeoutMs?: number): Promise<Ended>;
}

export interface Ended {
  /** The exit status, or the signal that ended it. */
  status: number | NodeJS.Signals;
  stdout: string;
  stderr: string;
}

const main = compiled("cli/main");

/** No server of the user's takes part. */
export const noServer = {
  POLYPROC_ADDRESS: undefined,
  POLYPROC_TOKEN: undefined,
  POLYPROC_SERVE: undefined,
  XDG_RUNTIME_DIR: join(tmpdir(), "nowhere"),
};

/** A module with functions for `map --module`. */
export const functions = fileURLToPath(new URL("../../../test/cli/fixtures/functions.mjs", import.meta.url));

/** Starts the command line as a user would. It is killed with the test, should it still run. */
export function start(test: TestContext, args: readonly string[], options: RunOptions = {}): Running {
  const child = spawn(options.node ?? process.execPath, [main, ...args], {
    stdio: ["pipe", "pipe", "pipe"],
    cwd: options.cwd,
    env: { ...process.env, ...noServer, ...options.env },
  });
  const text = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const)
    child[stream].setEncoding("utf8").on("data", (more: string) => (text[stream] += more));
  child.stdin.on("error", () => {});
  if (options.input !== null) child.stdin.end(options.input ?? "");
  const closed = once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>;
  test.after(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
    await closed;
  });
  return {
    process: child,
    pid: child.pid!,
    stdin: child.stdin,
    stdout: () => text.stdout,
    stderr: () => text.stderr,
    signal: (signal) => void child.kill(signal),
    async ended(timeoutMs = patienceMs) {
      const [code, signal] = await within(
        closed,
        `the end of polyproc ${args.join(" ")}; so far it wrote ${JSON.stringify(text)}`,
        timeoutMs,
      );
      return { status: signal ?? code!, ...text };
    },
  };
}

/** Runs the command line to its end. */
export function run(test: TestContext, args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  return start(test, args, options).ended();
}

export interface Server {
  address: string;
  /** For `env` of command lines that are to use it. */
  env: { POLYPROC_ADDRESS: string };
  running: Running;
}

/** `polyproc serve` on a socket of its own, ended with the test. */
export async function serve(test: TestContext): Promise<Server> {
  const folder = join(temporaryFolder(test), "s");
  mkdirSync(folder, { mode: 0o700 });
  const address = `unix:${join(folder, "p.sock")}`;
  const running = start(test, ["serve", "--listen", address]);
  await waitFor(() => running.stdout().includes("listening"), { what: "a server that listens" });
  test.after(async () => {
    running.signal("SIGTERM");
    await running.ended();
  });
  return { address, env: { POLYPROC_ADDRESS: address }, running };
}

/** The words of a line that needs no quotes. */
export function words(line: string): string[] {
  return line.split(" ");
}
