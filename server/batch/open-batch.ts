import {
  closeSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { rm } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import { parseStoredEntry, parseStoredSettings, type StoredEntry } from "../../protocol/batch-record.js";
import { PolyprocError } from "../../protocol/errors.js";
import type { BatchStore } from "../engine/batch/batch-store.js";
import { lockFile } from "../os/file-lock.js";
import { endLeftovers } from "../os/leftovers.js";
import { openLog, readLog } from "./batch-log.js";
import { SavedFiles, syncFolderNow, unfinished } from "./saved-files.js";

const settingsFile = "settings.json";
/** Where the server that has the queue listens, for the clients of others. */
const hostFile = "host.json";

/** The folder of this user's batch queue: below $XDG_STATE_HOME, otherwise ~/.local/state. */
export function batchFolder(env: NodeJS.ProcessEnv = process.env): string {
  const state = env["XDG_STATE_HOME"];
  return join(state && isAbsolute(state) ? state : join(homedir(), ".local", "state"), "polyproc", "queue");
}

/**
 * Opens the files of the batch queue for this process alone. `address`: where this server listens; `instanceId`: the
 * mark of its processes. Throws BadState if another server has them; its address is in `data`.
 */
export function openBatch(folder: string, address: string | null, instanceId: string): BatchStore {
  const entriesFolder = join(folder, "entries");
  let lock: number | null;
  try {
    mkdirSync(entriesFolder, { recursive: true, mode: 0o700 });
    mkdirSync(join(folder, "logs"), { recursive: true, mode: 0o700 });
    lock = lockFile(join(folder, "lock"));
  } catch (error) {
    throw new PolyprocError("BadState", `the queue in ${folder} cannot be opened: ${(error as Error).message}`);
  }
  if (lock === null) throw hostedElsewhere(folder);
  // The file of a server that could not close the queue. Its entries are lost, and must not run on.
  const { instance } = hostOf(folder);
  if (typeof instance === "string" && instance !== instanceId) endLeftovers(instance);
  try {
    const host: Host = { pid: process.pid, address, instance: instanceId };
    writeFileSync(join(folder, hostFile), JSON.stringify(host), { mode: 0o600 });
  } catch {
    // The disk is full: clients of other servers are told less.
  }
  const descriptor = lock;
  const entries = new SavedFiles(entriesFolder);
  const settings = new SavedFiles(folder);
  const logs = (entry: number) => join(folder, "logs", String(entry));
  return {
    folder,
    read: () => read(folder),
    saveEntry: (entry, stored) => entries.save(entryFile(entry.entry), JSON.stringify(entry), stored),
    saveSettings: (all, stored) => settings.save(settingsFile, JSON.stringify(all), stored),
    removeEntry: (entry, stored) =>
      entries.remove(entryFile(entry), (error) => {
        if (error) stored(error);
        else
          rm(logs(entry), { recursive: true, force: true }).then(
            () => stored(null),
            (failure: Error) => stored(failure),
          );
      }),
    openLog: (entry) => openLog(logs(entry)),
    readLog: (entry, from, maxBytes) => readLog(logs(entry), from, maxBytes),
    async close() {
      await Promise.all([entries.settled(), settings.settled()]);
      rmSync(join(folder, hostFile), { force: true });
      closeSync(descriptor);
    },
  };
}

function entryFile(entry: number): string {
  return `${entry}.json`;
}

/** What is stored. A file that is damaged is kept under another name. */
function read(folder: string): ReturnType<BatchStore["read"]> {
  const notices: string[] = [];
  const entriesFolder = join(folder, "entries");
  const setAside = (path: string, what: string) => {
    let aside = `${path}.damaged`;
    for (let n = 2; existsSync(aside); n++) aside = `${path}.damaged${n}`;
    try {
      renameSync(path, aside);
      syncFolderNow(dirname(path));
      notices.push(`${what} was damaged, and is kept as ${aside}`);
    } catch (error) {
      notices.push(`${what} is damaged, and could not be kept: ${(error as Error).message}`);
    }
  };
  const entries: StoredEntry[] = [];
  for (const name of readdirSync(entriesFolder)) {
    const path = join(entriesFolder, name);
    if (name.endsWith(unfinished)) rmSync(path, { force: true });
    const number = Number(/^(\d+)\.json$/.exec(name)?.[1] ?? Number.NaN);
    if (!Number.isSafeInteger(number)) continue;
    const entry = parseStoredEntry(textOf(path));
    if (entry?.entry === number) entries.push(entry);
    else setAside(path, `entry ${number}`);
  }
  const path = join(folder, settingsFile);
  const settings = existsSync(path) ? parseStoredSettings(textOf(path)) : null;
  if (settings === null && existsSync(path)) setAside(path, "the file of the groups");
  return { entries, settings, notices };
}

/** Empty if it cannot be read. */
function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** What is in the host's file. Of a file from elsewhere, members may be anything. */
interface Host {
  pid?: unknown;
  address?: unknown;
  /** The mark of its processes. */
  instance?: unknown;
}

function hostOf(folder: string): Host {
  try {
    return (JSON.parse(textOf(join(folder, hostFile))) ?? {}) as Host;
  } catch {
    // There is none, or a server that has the lock has not written it yet.
    return {};
  }
}

function hostedElsewhere(folder: string): PolyprocError {
  const { pid, address } = hostOf(folder);
  const who = typeof pid === "number" ? `server ${pid}` : "another server";
  return new PolyprocError(
    "BadState",
    `the queue in ${folder} belongs to ${who}${typeof address === "string" ? ` at ${address}` : ""}`,
    { hosted: false, ...(typeof address === "string" ? { address } : {}) },
  );
}
