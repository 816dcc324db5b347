import { constants } from "node:os";
import type { SignalNumber } from "../engine/processes/spawner.js";

const numbers: Record<string, number> = constants.signals;

/** `SIGKILL` → 9. 0 for a name that this system does not know. */
export const signalNumber: SignalNumber = (signal) => numbers[signal] ?? 0;
