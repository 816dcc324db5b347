import { readFileSync } from "node:fs";

/** Linux tells it in hundredths of a second. */
const tickMs = 10;

/** The processor time that a process has used, in milliseconds; 0 on other systems than Linux. */
export function processorMs(pid: number): number {
  if (process.platform !== "linux") return 0;
  // The name in parentheses may contain spaces.
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) * tickMs;
}
