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

/** Pauses a socket as long as there is a reason. */
export class ReadingPause {
  readonly #socket: DoorSocket;
  readonly #reasons = new Set<PauseReason>();
  #state: "working" | "ended" = "working";

  constructor(socket: DoorSocket) {
    this.#socket = socket;
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
    if (this.#reasons.size > 0) this.#socket.pause();
    else this.#socket.resume();
  }
}
