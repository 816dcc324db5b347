import * as events from "../../../protocol/events.js";
import type { OutputLine } from "../../../protocol/process.js";
import type { Handle } from "../../../protocol/schema.js";
import { linesOf, type OutputSegment } from "../output-segment.js";
import type { ProcessRecord } from "./process.js";
import { OncePerTurn } from "../guard.js";
import { highWaterBytes } from "../peer.js";
import type { Session } from "../session.js";

/** What one line takes in a message beside its text, roughly. */
const overheadBytes = 160;
/** At this many bytes, lines are sent before the end of the turn. */
const earlyBytes = 1024 * 1024;

export interface WatchOptions {
  scope: "own" | "all";
  lossless: boolean;
  /** Only processes of this pool. */
  pool: Handle | null;
  /** Longest message that a process can send, in bytes. */
  maxMessageBytes: number;
}

/**
 * Sends children's lines to one session. With `lossless`, children of its own client wait while it does not read;
 * children of other clients never wait.
 */
export class OutputWatcher {
  readonly #session: Session;
  readonly #options: WatchOptions;
  /** Called when a process need not wait for this watcher any more. */
  readonly #goOn: (process: ProcessRecord) => void;
  readonly #onStop: () => void;
  readonly #stopWatching: () => void;
  #lines: OutputLine[] = [];
  #bytes = 0;
  #dropped = 0;
  readonly #sending: OncePerTurn;
  /** Children that wait until the session has read its backlog. */
  readonly #heldBack = new Set<ProcessRecord>();
  /** Whether a listener waits for the session's backlog to drain. */
  #awaitsDrain = false;
  #stopped = false;

  constructor(session: Session, options: WatchOptions, goOn: (process: ProcessRecord) => void, onStop: () => void) {
    this.#session = session;
    this.#options = options;
    this.#goOn = goOn;
    this.#onStop = onStop;
    this.#sending = new OncePerTurn(session.engine.guard, null, () => this.#send());
    this.#stopWatching = session.onEnd(() => this.stop());
  }

  holdsBack(process: ProcessRecord): boolean {
    return this.#heldBack.has(process);
  }

  tell(process: ProcessRecord, segment: OutputSegment): void {
    const { scope, pool } = this.#options;
    if (pool !== null && process.pool !== pool) return;
    if (scope === "own" && !isWithin(process, this.#session)) return;
    const backlog = this.#session.peer.backlogBytes() + this.#bytes;
    if (backlog > highWaterBytes && !this.#mayHoldBack(process, backlog)) {
      this.#dropped += segment.lineCount;
      this.#awaitDrain();
      return;
    }
    if (backlog > highWaterBytes) this.#holdBack(process);
    for (const line of linesOf(segment)) {
      this.#lines.push(line);
      this.#bytes += line.text.length + overheadBytes;
    }
    if (this.#bytes > earlyBytes) this.#send();
    else this.#sending.schedule();
  }

  processEnded(process: ProcessRecord): void {
    this.#heldBack.delete(process);
    if (this.#lines.length > 0) this.#send();
  }

  stop(): void {
    if (!this.#session.ended) this.#send();
    this.#stopped = true;
    this.#onStop();
    this.#stopWatching();
    this.#letAllGoOn();
  }

  /**
   * Whether the process may be made to wait: only if the session's own client started it. What it wrote before is sent
   * too, up to the size of one message.
   */
  #mayHoldBack(process: ProcessRecord, backlog: number): boolean {
    if (!this.#options.lossless || backlog > highWaterBytes + this.#options.maxMessageBytes) return false;
    return isOfClient(process, this.#session);
  }

  #holdBack(process: ProcessRecord): void {
    if (this.#heldBack.has(process)) return;
    this.#heldBack.add(process);
    process.child?.pauseOutput();
    process.session?.peer.pauseReading?.();
    this.#awaitDrain();
  }

  #awaitDrain(): void {
    if (this.#awaitsDrain) return;
    this.#awaitsDrain = true;
    const { engine, peer } = this.#session;
    engine.guard.whenRead(peer, null, () => {
      this.#awaitsDrain = false;
      if (this.#stopped) return;
      this.#letAllGoOn();
      this.#send();
    });
  }

  #letAllGoOn(): void {
    const processes = [...this.#heldBack];
    this.#heldBack.clear();
    for (const process of processes) this.#goOn(process);
  }

  #send(): void {
    // If the last lines were dropped, only their number is sent.
    if (this.#stopped || (this.#lines.length === 0 && this.#dropped === 0)) return;
    const [lines, dropped] = [this.#lines, this.#dropped];
    this.#lines = [];
    this.#bytes = 0;
    this.#dropped = 0;
    this.#session.peer.notify(events.output, { lines, dropped });
  }
}

/** Whether the session started the process, or an ancestor of it. */
function isWithin(process: ProcessRecord, session: Session): boolean {
  for (let starter = process.starter; starter; starter = starter.process?.starter ?? null)
    if (starter === session) return true;
  return false;
}

/** Whether the session's client started it, perhaps by another session of the same process, or in a run. */
function isOfClient(process: ProcessRecord, session: Session): boolean {
  for (let starter = process.starter; starter; starter = starter.process?.starter ?? null) {
    const { owner, clientPid } = starter.onBehalfOf ?? starter;
    if (owner === session.owner || (clientPid !== 0 && clientPid === session.clientPid)) return true;
  }
  return false;
}
