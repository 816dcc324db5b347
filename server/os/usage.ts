import pidusage from "pidusage";
import type { Usage } from "../../protocol/process.js";
import { childrenByParent, descendantsOf, readProcessTable, type ProcessTable } from "./process-table.js";
import { isAlive } from "./is-alive.js";
import type { ProcessRow } from "./process-row.js";

/** The last measurement of a process is forgotten after this many milliseconds without a request. */
const rememberMs = 60_000;

/** The process table is read at most once in this many milliseconds: reading it takes longer the more processes run. */
const sharedMs = 100;

type Measured = Omit<Usage, "process">;

interface Look {
  readonly at: number;
  readonly table: ProcessTable;
  readonly children: ReadonlyMap<number, ProcessRow[]>;
  /** Results of the pids that were requested. */
  readonly measured: Map<number, Promise<Measured | null>>;
}

let present: Look | null = null;
let next: Promise<Look> | null = null;

/**
 * CPU and memory of these processes, each with its descendants. Processes that have ended are left out. The first
 * measurement of a process is 0 percent. Results are up to 100 ms old; for a younger process a new snapshot is taken.
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

/**
 * Callers that are answered in one turn of the event loop: thousands may share a snapshot, and each answer takes time.
 */
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

/** All callers that ask before the next snapshot is taken share it. */
function nextLook(): Promise<Look> {
  return (next ??= new Promise((resolve) => {
    setTimeout(
      () => {
        next = null;
        const table = readProcessTable();
        present = { at: performance.now(), table, children: childrenByParent(table), measured: new Map() };
        resolve(present);
      },
      Math.max(0, (present?.at ?? -Infinity) + sharedMs - performance.now()),
    );
  }));
}

/** Measures all pids in one call, which reads their files concurrently. */
function measure(look: Look, pids: readonly number[]): void {
  const wanted = pids.map((pid) => ({ pid, descendants: descendantsOf(pid, look.children) }));
  const all = [...new Set(wanted.flatMap(({ pid, descendants }) => [pid, ...descendants.map((row) => row.pid)]))];
  // `pidusage` fails if none of the processes is left.
  const numbers = pidusage(all, { maxage: rememberMs }).catch(() => ({}));
  for (const { pid, descendants } of wanted)
    look.measured.set(
      pid,
      numbers.then((found) => sum(pid, descendants, found)),
    );
}

function sum(
  pid: number,
  descendants: readonly ProcessRow[],
  numbers: Awaited<ReturnType<typeof pidusage>>,
): Measured | null {
  const own = numbers[pid];
  if (!own) return null;
  const below = descendants.flatMap((row) => {
    const found = numbers[row.pid];
    return found
      ? [
          {
            pid: row.pid,
            parentPid: row.parentPid,
            cpuPercent: found.cpu,
            memoryBytes: found.memory,
            command: row.command(),
          },
        ]
      : [];
  });
  return {
    pid,
    cpuPercent: below.reduce((cpu, row) => cpu + row.cpuPercent, own.cpu),
    memoryBytes: below.reduce((memory, row) => memory + row.memoryBytes, own.memory),
    descendants: below,
  };
}

/** Closes the files that earlier measurements keep open. */
export function forgetUsage(): void {
  present = null;
  pidusage.clear();
}
