import type { Ending, Story } from "./scenarios/scenario.js";

/** Errors that a program may meet when another process was killed, by their names in both languages. */
export const ofKills: ReadonlySet<string> = new Set([
  "WorkerLost",
  "Closed",
  "BrokenBarrier",
  "BrokenBarrierError",
  "EndOfFile",
  "EOFError",
  "BrokenPipe",
  "BrokenPipeError",
  "Cancelled",
  "ConnectionError",
  "ConnectionResetError",
  "ConnectionRefusedError",
  "TaskFailed",
  "SpawnFailed",
  "ShuttingDown",
  "ManagerLost",
]);
/** The parties of a barrier leave by breaking it. */
const ofBarriers = new Set(["BrokenBarrier", "BrokenBarrierError"]);

/** What holds for every program, whatever it does. */
export function judgeEnding(ending: Ending, { hits, undisturbed }: Story): string[] {
  const { language, workload, pid, status, stderr, records } = ending;
  const who = `the ${language} program ${workload} (pid ${pid})`;
  const faults = records.filter(({ op }) => op === "violation").map(({ text }) => `${who}: ${String(text)}`);
  const deadly = hits.filter((hit) => hit.pid === pid && hit.blow !== "STOP");
  const isKilled = deadly.some(({ blow }) => status === `SIG${blow}`);
  if (!isKilled && status !== 0)
    faults.push(
      `${who} ended with ${status}, ` +
        `${deadly.length === 0 ? "hit by no signal" : `hit by ${deadly.map(({ blow }) => blow).join()}`}: ${stderr}`,
    );
  if (
    !isKilled &&
    status === 0 &&
    records.at(-1)?.op !== "end" &&
    !records.some(({ op, pid: by }) => op === "end" && by === pid)
  )
    faults.push(`${who} ended without its last words: ${stderr}`);
  if (undisturbed && stderr !== "") faults.push(`${who} wrote: ${stderr}`);
  for (const { op, name, where, message, stack } of records) {
    if (op !== "error") continue;
    if (workload === "barrier" && ofBarriers.has(name as string)) continue;
    if (undisturbed || !ofKills.has(name as string))
      faults.push(
        `${who} met ${String(name)} in ${String(where)}: ` +
          `${String(message)}${stack === undefined ? "" : `\n${String(stack)}`}`,
      );
  }
  return faults;
}
