import { spawn } from "node:child_process";
import { PolyprocError } from "../../../protocol/errors.js";
import { connectTo, type ConnectOptions } from "./client-link.js";
import type { Connection, Link } from "./connection.js";
import { SpawnFailed } from "./errors.js";

/**
 * Connects to the server of POLYPROC_ADDRESS. If no server answers there and POLYPROC_SERVE is set, runs that command
 * with `sh`, which starts the server and returns once it listens, and connects again. So an editor can give its
 * terminals the address of a server that does not run yet.
 */
export async function connectToNamed(connection: Connection, address: string, options: ConnectOptions): Promise<Link> {
  try {
    return await connectTo(connection, address, options);
  } catch (error) {
    const command = process.env["POLYPROC_SERVE"];
    if (!command || !isUnanswered(error)) throw error;
    await run(command);
  }
  return connectTo(connection, address, options);
}

function isUnanswered(error: unknown): boolean {
  const { code } = ((error as PolyprocError).cause ?? {}) as NodeJS.ErrnoException;
  return error instanceof PolyprocError && (code === "ENOENT" || code === "ECONNREFUSED");
}

function run(command: string): Promise<void> {
  return new Promise((done, failed) => {
    const shell = spawn("sh", ["-c", command], { stdio: ["ignore", "ignore", "inherit"] });
    shell.once("error", (error) =>
      failed(new SpawnFailed("SpawnFailed", `POLYPROC_SERVE could not be run: ${error.message}`, {}, { cause: error })),
    );
    shell.once("close", (code, signal) => {
      if (code === 0) done();
      else
        failed(
          new SpawnFailed(
            "SpawnFailed",
            "no server answers at POLYPROC_ADDRESS, and POLYPROC_SERVE, which is to start it, " +
              `has failed (${signal ?? `exit code ${code}`}): ${command}`,
          ),
        );
    });
  });
}
