import type { Connection } from "../../bindings/typescript/session/connection.js";
import { openRunningServer } from "../server-link.js";
import type { NameKind } from "./candidates.js";

/** Milliseconds to wait for the server: the user waits for Tab. */
const patienceMs = 1000;

/** The names of these kinds on the server, if it runs. None is started. */
export async function knownNames(kinds: readonly NameKind[]): Promise<string[]> {
  if (kinds.length === 0) return [];
  const late = new Promise<string[]>((resolve) => setTimeout(() => resolve([]), patienceMs).unref());
  return Promise.race([late, ask(kinds)]);
}

async function ask(kinds: readonly NameKind[]): Promise<string[]> {
  let connection: Connection;
  try {
    ({ connection } = await openRunningServer("so there are no names"));
  } catch {
    return [];
  }
  try {
    // A server without a queue has no entries.
    const found = await Promise.all(kinds.map((kind) => namesOf(connection, kind).catch(() => [])));
    return found.flat();
  } finally {
    await connection.close();
  }
}

async function namesOf(connection: Connection, kind: NameKind): Promise<string[]> {
  switch (kind) {
    case "run": {
      const { runs } = await connection.request("run/list", {});
      return runs.flatMap(({ run, name }) => [run, name]);
    }
    case "process": {
      const { processes } = await connection.request("process/list", { scope: "all" });
      return processes.filter(({ role }) => role === "process").flatMap(({ name, pid }) => [name, String(pid ?? "")]);
    }
    case "lock":
    case "semaphore": {
      const { sync } = await connection.request("events/sync", {});
      const prefix = `${kind}:@`;
      return sync.filter(({ handle }) => handle.startsWith(prefix)).map(({ handle }) => handle.slice(prefix.length));
    }
    case "entry": {
      const { entries } = await connection.request("batch/list", {});
      return entries.map(({ entry }) => String(entry));
    }
    case "group": {
      const { groups } = await connection.request("batch/list", {});
      return groups.map(({ group }) => group);
    }
  }
}
