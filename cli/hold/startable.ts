import { accessSync, constants, statSync } from "node:fs";
import { join } from "node:path";
import { exitStatus } from "../exit-status.js";

/** Why a program cannot be started, and the exit status for that. Null: it can be started. */
export function whyNotStartable(program: string): { reason: string; status: number } | null {
  const places = program.includes("/")
    ? [program]
    : (process.env["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(":").map((folder) => join(folder || ".", program));
  const found = places.map(stateOf);
  if (program !== "" && found.includes("startable")) return null;
  return found.includes("forbidden")
    ? { reason: "it may not be executed; check its permissions", status: exitStatus.notExecutable }
    : { reason: "no such program; check its spelling", status: exitStatus.commandNotFound };
}

function stateOf(path: string): "startable" | "forbidden" | "missing" {
  try {
    if (statSync(path).isDirectory()) return "forbidden";
  } catch {
    return "missing";
  }
  try {
    accessSync(path, constants.X_OK);
    return "startable";
  } catch {
    return "forbidden";
  }
}
