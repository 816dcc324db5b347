/** A door's socket, as far as both doors treat it alike. */
export interface DoorSocket {
  pause(): unknown;
  resume(): unknown;
  destroy(): unknown;
  once(event: "close", listener: () => void): unknown;
}

/**
 * Why a door does not read from its peer:
 *
 * - `backlog`: the peer leaves too many answers unread.
 * - `engine`: the engine asked for it.
 * - `memory`: a message that has begun waits for memory.
 * - `queue`: messages that were read wait to be handled.
 */
export type PauseReason = "backlog" | "engine" | "memory" | "queue";

/** Pauses a socket as long as there is a reason, and what else the peer writes into. */
export class ReadingPause {
  readonly #socket: DoorSocket;
  readonly #beside: Pick<DoorSocket, "pause" | "resume"> | undefined;
  readonly #reasons = new Set<PauseReason>();
  #state: "working" | "ended" = "working";

  constructor(socket: DoorSocket, beside?: Pick<DoorSocket, "pause" | "resume">) {
    this.#socket = socket;
    this.#beside = beside;
  }

  has(reason: PauseReason): boolean {
    return this.#reasons.has(reason);
  }

  begin(reason: PauseReason): void {
    this.#reasons.add(reason);
    this.#apply();
  }

  end(reason: PauseReason): void {
    if (this.#reasons.delete(reason)) this.#apply();
  }

  /** The door is closed: from now on others decide whether the socket is read. */
  stop(): void {
    this.#state = "ended";
  }

  #apply(): void {
    if (this.#state === "ended") return;
    for (const source of [this.#socket, this.#beside])
      if (this.#reasons.size > 0) source?.pause();
      else source?.resume();
  }
}
