import { PolyprocError } from "../../protocol/errors.js";
import type { Budget } from "../engine/budget.js";
import type { Reservation } from "./framing/large-message.js";

/** Interval of the checks for progress, in milliseconds. */
const lookMs = 10_000;
/** If fewer bytes of a message arrive between two checks, its unused memory is given to other messages. */
const leastBytes = 1024 * 1024;
/**
 * A message fails with Overloaded if the server released no memory during this many checks. Perhaps its own sender must
 * take items or results first.
 */
const patience = 6;

/**
 * The memory of one large message while it arrives. All of it is reserved before the first byte is read; otherwise two
 * half messages could wait for each other for ever. A slow sender keeps only the memory of the bytes that it has sent.
 */
export class LargeRoom implements Reservation {
  readonly #budget: Budget;
  readonly #bytes: number;
  readonly #settled: (error: PolyprocError | null) => void;
  readonly #leaveLine: () => void;
  readonly #timer: NodeJS.Timeout;
  #state: "waiting" | "granted" | "lapsed" | "released" = "waiting";
  #came = 0;
  /** At the last check: bytes that had arrived (granted), or bytes that the server held (waiting). */
  #seen = 0;
  #idleLooks = 0;

  /**
   * `settled` is called once, perhaps before this returns. Throws PayloadTooLarge if the message exceeds the budget.
   */
  constructor(budget: Budget, bytes: number, settled: (error: PolyprocError | null) => void) {
    this.#budget = budget;
    this.#bytes = bytes;
    this.#settled = settled;
    this.#timer = setInterval(() => this.#look(), lookMs).unref();
    try {
      this.#leaveLine = budget.whenRoom(bytes, () => {
        this.#state = "granted";
        this.#seen = 0;
        settled(null);
      });
    } catch (error) {
      clearInterval(this.#timer);
      // `settled` threw: the memory was granted, but could not be allocated, for a message that cannot be refused.
      if ((this.#state as string) === "granted") budget.release(bytes);
      throw error;
    }
    this.#seen = this.#state === "waiting" ? budget.usedBytes : 0;
  }

  came(bytes: number): void {
    this.#came += bytes;
    if (this.#state !== "lapsed") return;
    if (!this.#budget.hasRoom(bytes)) {
      this.#came -= bytes;
      throw new PolyprocError(
        "Overloaded",
        `the server's memory is full (${this.#budget.maxBytes} bytes, --max-memory-bytes), ` +
          `and this message of ${this.#bytes} bytes arrived too slowly to keep its reservation: send it again`,
        { bytes: this.#bytes },
      );
    }
    this.#budget.charge(bytes);
  }

  release(): void {
    const before = this.#state;
    this.#state = "released";
    clearInterval(this.#timer);
    if (before === "granted") this.#budget.release(this.#bytes);
    else if (before === "lapsed") this.#budget.release(this.#came);
    else if (before === "waiting") this.#leaveLine();
  }

  #look(): void {
    if (this.#state === "granted") {
      if (this.#came - this.#seen < leastBytes) {
        this.#state = "lapsed";
        this.#budget.release(this.#bytes - this.#came);
      }
      this.#seen = this.#came;
      return;
    }
    if (this.#state !== "waiting") return;
    const used = this.#budget.usedBytes;
    this.#idleLooks = used === this.#seen ? this.#idleLooks + 1 : 0;
    this.#seen = used;
    if (this.#idleLooks < patience) return;
    this.release();
    this.#settled(
      new PolyprocError(
        "Overloaded",
        `the server's memory is full (${used} of ${this.#budget.maxBytes} bytes), and no memory was released ` +
          `for ${(patience * lookMs) / 1000} s: take items and results before you send more, ` +
          "or raise --max-memory-bytes",
        { bytes: this.#bytes },
      ),
    );
  }
}
