import { readFileSync } from "node:fs";
import { constants } from "node:os";

/** What the kernel says of a process that does not answer, for people. Linux only; elsewhere it is blocked. */
export function kernelState(pid: number): string {
  const state = read(`/proc/${pid}/status`) === null ? null : /^State:\s*(\S)/m.exec(read(`/proc/${pid}/status`)!)?.[1];
  if (state === "T" || state === "t") return "it is stopped (SIGSTOP, or a debugger)";
  if (state === "Z") return "it has ended";
  const place = read(`/proc/${pid}/wchan`)?.trim();
  const where = place && place !== "0" ? ` in the kernel's ${place}` : "";
  return state === "D" ? `it waits for a device${where}` : `it is blocked in native code or a system call${where}`;
}

/** Whether the process is a zombie, or gone. False where that cannot be known. */
export function hasEnded(pid: number): boolean {
  const status = read(`/proc/${pid}/status`);
  return status === null ? process.platform === "linux" : /^State:\s*[ZX]/m.test(status);
}

/** Whether a signal is pending, blocked and caught, from a file `status` below /proc. */
export function signalMasks(
  status: string,
  signal: NodeJS.Signals,
): { pending: boolean; blocked: boolean; caught: boolean } {
  const bit = 1n << BigInt(constants.signals[signal] - 1);
  const has = (name: string) => {
    const mask = new RegExp(`^${name}:\\s*([0-9a-f]+)`, "m").exec(status)?.[1];
    return mask !== undefined && (BigInt(`0x${mask}`) & bit) !== 0n;
  };
  return { pending: has("SigPnd") || has("ShdPnd"), blocked: has("SigBlk"), caught: has("SigCgt") };
}

/** Whether the process listens to the signal, so that it does not end by it. True where that cannot be known. */
export function catches(pid: number, signal: NodeJS.Signals): boolean {
  const status = read(`/proc/${pid}/status`);
  return status === null ? process.platform !== "linux" : signalMasks(status, signal).caught;
}

function read(path: string): string | null {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return null;
  }
}
