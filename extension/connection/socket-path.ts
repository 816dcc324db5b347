import { createHash } from "node:crypto";
import { lstatSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";

/** Longest path of a socket that every Unix takes, in bytes. */
const maxPathBytes = 103;

/** Identifies a window's workspace. */
export interface Workspace {
  /** URI of a saved `.code-workspace` file. */
  file: string | null;
  /** URIs of the folders, in their order. */
  folders: readonly string[];
}

/**
 * The name of the workspace's server. Null for a window without workspace and folder: no other window can share its
 * server. Of several folders without a saved workspace only the first counts, so adding a second folder does not change
 * the server.
 */
export function serverName({ file, folders }: Workspace): string | null {
  const identity = file ?? folders[0];
  return identity === undefined ? null : createHash("sha256").update(identity).digest("hex").slice(0, 16);
}

export interface Surroundings {
  env: NodeJS.ProcessEnv;
  home: string;
  temporary: string;
  /** Undefined on systems without user ids. */
  uid: number | undefined;
}

const here = (): Surroundings => ({ env: process.env, home: homedir(), temporary: tmpdir(), uid: process.getuid?.() });

/**
 * Where the server of this name listens: in $XDG_RUNTIME_DIR, else below ~/.cache, as the command line's; below the
 * temporary folder when that is too long.
 */
export function socketPath(name: string, { env, home, temporary, uid }: Surroundings = here()): string {
  const runtime = env["XDG_RUNTIME_DIR"];
  // The variable may name a folder that no longer exists: after the end of a login, or inside a container.
  const usual = runtime && isOwnFolder(runtime, uid) ? runtime : join(home, ".cache");
  const file = `window-${name}.sock`;
  const paths = [
    join(usual, "polyproc", file),
    join(temporary, `polyproc-${uid ?? "user"}`, file),
    join("/tmp", `polyproc-${uid ?? "user"}`, file),
  ];
  return paths.find((path) => Buffer.byteLength(path) <= maxPathBytes) ?? paths.at(-1)!;
}

function isOwnFolder(path: string, uid: number | undefined): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat?.isDirectory() === true && (uid === undefined || stat.uid === uid);
}
