import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { compiled } from "../fixture.js";
import { waitFor, within } from "../deadline.js";
import { temporaryFolder } from "../temporary-folder.js";

interface TestContext {
  after(clean: () => void | Promise<void>): void;
}

/** A real server in a process of its own. */
export interface ServerProcess {
  readonly process: ChildProcess;
  /** In the order of its `--listen`. */
  readonly addresses: string[];
  /** Everything that it wrote so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Its exit status, or its signal; waits for its end. */
  exited(): Promise<number | string>;
}

export interface ServerOptions {
  env?: Record<string, string | undefined>;
  stdio?: "pipe" | "ignore";
  cwd?: string;
  /** Its program. Default: the one that is tested. */
  main?: string;
}

/** Starts a server; it ends with the test. Resolves when it listens on as many addresses as `args` name. */
export async function startServer(
  test: TestContext,
  args: readonly string[],
  options: ServerOptions = {},
): Promise<ServerProcess> {
  const server = spawnServer(test, args, options);
  const count = args.filter((arg) => arg === "--listen").length;
  await waitFor(
    () => {
      if (server.process.exitCode !== null || server.process.signalCode !== null)
        throw new Error(`the server has ended: ${server.stderr()}`);
      return server.addresses.length === count;
    },
    { what: `a server that listens: ${args.join(" ")}` },
  );
  return server;
}

/** The same without waiting for anything. */
export function spawnServer(test: TestContext, args: readonly string[], options: ServerOptions = {}): ServerProcess {
  const child = spawn(process.execPath, [options.main ?? compiled("server/main"), ...args], {
    cwd: options.cwd,
    stdio: [options.stdio ?? "ignore", "pipe", "pipe"],
    env: { ...process.env, POLYPROC_TOKEN: undefined, POLYPROC_ADDRESS: undefined, ...options.env },
  });
  let stdout = "";
  let stderr = "";
  const addresses: string[] = [];
  child.stdout!.on("data", (text: Buffer) => {
    stdout += text.toString();
    addresses.splice(0, Infinity, ...[...stdout.matchAll(/^polyproc: listening on (.*)$/gm)].map((match) => match[1]!));
  });
  child.stderr!.on("data", (text: Buffer) => (stderr += text.toString()));
  const over = once(child, "close") as Promise<[number | null, string | null]>;
  test.after(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
    await over;
  });
  return {
    process: child,
    addresses,
    stdout: () => stdout,
    stderr: () => stderr,
    exited: async () => {
      const [code, signal] = await within(over, "the server's end");
      return code ?? signal!;
    },
  };
}

/** A server on a Unix socket of its own, and the socket's path. */
export async function startUnixServer(
  test: TestContext,
  args: readonly string[] = [],
  options: ServerOptions = {},
): Promise<ServerProcess & { path: string }> {
  const path = join(temporaryFolder(test), "s");
  const server = await startServer(test, ["--listen", `unix:${path}`, ...args], options);
  return { ...server, path };
}
