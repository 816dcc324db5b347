import pidusage from "pidusage";
import type { Usage } from "../../protocol/process.js";
import { childrenByParent, descendantsOf, readProcessTable, type ProcessTable } from "./process-table.js";
import type { ProcessRow } from "./process-row.js";

/** Numbers of a process that nobody asks about any more are forgotten after this. */
const rememberMs = 60_000;

/** For all who ask, the system's processes are read at most once in this time: that takes as long as there are processes. */
const sharedMs = 100;

type Measured = Omit<Usage, "process">;

interface Look {
  readonly at: number;
  readonly table: ProcessTable;
  readonly children: ReadonlyMap<number, ProcessRow[]>;
  /** Of those that were asked for. */
  readonly measured: Map<number, Promise<Measured | null>>;
}

let present: Look | null = null;
let next: Promise<Look> | null = null;

/**
 * CPU and memory of these processes, each with its descendants; those that have gone are left out. The first look at a process says 0 percent. Numbers
 * are up to 100 ms old; a process that started since then is waited for.
 */
export async function measureUsage(pids: readonly number[]): Promise<Measured[]> {
  if (pids.length === 0) return [];
  let look = present && performance.now() - present.at < sharedMs ? present : await nextLook();
  if (pids.some((pid) => !look.table.has(pid) && isAlive(pid))) look = await nextLook();
  const fresh = pids.filter((pid) => look.table.has(pid) && !look.measured.has(pid));
  if (fresh.length > 0) measure(look, fresh);
  const found = await Promise.all(pids.flatMap((pid) => look.measured.get(pid) ?? []));
  await ownTurn();
  return found.filter((one) => one !== null);
}

/** In one turn of the event loop so many are answered: a look may have thousands who wait for it, each with an answer to be made. */
const answersPerTurn = 20;
const answering: (() => void)[] = [];

function ownTurn(): Promise<void> {
  return new Promise((goOn) => {
    if (answering.push(goOn) === 1) setImmediate(answerSome);
  });
}

function answerSome(): void {
  for (const goOn of answering.splice(0, answersPerTurn)) goOn();
  if (answering.length > 0) setImmediate(answerSome);
}

/** One for all who ask before it is taken. */
function nextLook(): Promise<Look> {
  return (next ??= new Promise((resolve) => {
    setTimeout(() => {
      next = null;
      const table = readProcessTable();
      present = { at: performance.now(), table, children: childrenByParent(table), measured: new Map() };
      resolve(present);
    }, Math.max(0, (present?.at ?? -Infinity) + sharedMs - performance.now()));
  }));
}

/** Whether the process lives, or has not been reaped yet. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Together: the files of all of them are read at once. */
function measure(look: Look, pids: readonly number[]): void {
  const wanted = pids.map((pid) => ({ pid, descendants: descendantsOf(pid, look.children) }));
  const all = [...new Set(wanted.flatMap(({ pid, descendants }) => [pid, ...descendants.map((row) => row.pid)]))];
  // Fails when none of them is left.
  const numbers = pidusage(all, { maxage: rememberMs }).catch(() => ({}));
  for (const { pid, descendants } of wanted) look.measured.set(pid, numbers.then((found) => sum(pid, descendants, found)));
}

function sum(pid: number, descendants: readonly ProcessRow[], numbers: Awaited<ReturnType<typeof pidusage>>): Measured | null {
  const own = numbers[pid];
  if (!own) return null;
  const below = descendants.flatMap((row) => {
    const found = numbers[row.pid];
    return found ? [{ pid: row.pid, parentPid: row.parentPid, cpuPercent: found.cpu, memoryBytes: found.memory, command: row.command() }] : [];
  });
  return {
    pid,
    cpuPercent: below.reduce((cpu, row) => cpu + row.cpuPercent, own.cpu),
    memoryBytes: below.reduce((memory, row) => memory + row.memoryBytes, own.memory),
    descendants: below,
  };
}

/** Closes the files that the last looks left open. */
export function forgetUsage(): void {
  present = null;
  pidusage.clear();
}
