import type { Connection } from "../../bindings/typescript/session/connection.js";
import type { RunInfo } from "../../protocol/run.js";
import { ExitError } from "../exit-error.js";
import { exitStatus } from "../exit-status.js";

/** Finds the run with this handle, or the only run with this name. Throws an ExitError. */
export async function findRun(connection: Connection, name: string): Promise<RunInfo> {
  const { runs } = await connection.request("run/list", {});
  const byHandle = runs.find(({ run }) => run === name);
  if (byHandle) return byHandle;
  const named = runs.filter((run) => run.name === name);
  if (named.length === 1) return named[0]!;
  if (named.length === 0)
    throw new ExitError(
      exitStatus.failed,
      `no run of this server is ${JSON.stringify(name)}; polyproc runs lists them`,
    );
  throw new ExitError(
    exitStatus.failed,
    `${named.length} runs are called ${JSON.stringify(name)}; name one by its handle: ` +
      `${named.map(({ run }) => run).join(", ")}`,
  );
}
