import type { Socket } from "node:net";
import type { ExitStatus } from "../../engine/processes/spawner.js";

/** A process that was started, as this server sees it. */
export interface Running {
  readonly pid: number;
  /** Null if its input is empty. It is closed at the exit. */
  readonly stdin: Socket | null;
  readonly stdout: Socket;
  readonly stderr: Socket;
  /** Null if it has none. */
  readonly connection: Socket | null;
}

/** Called in a later turn than the start. */
export interface StartEvents {
  spawned(): void;
  failed(error: unknown): void;
  /** It was reaped. Its pipes may still have something to read. */
  exited(status: ExitStatus): void;
}
