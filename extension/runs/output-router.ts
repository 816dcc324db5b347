import type { OutputLine } from "../../protocol/process.js";
import type { Disposable, Rpc } from "../connection/rpc.js";
import type { OutputText } from "./run.js";

/** The receiver of a job's lines. */
export interface OutputTaker {
  wrote(index: number, lines: readonly OutputText[], dropped: number): void;
}

/** Pieces of a long line are put together up to this length; then what there is counts as a line. */
const maxLineLength = 1024 * 1024;
/** A shorter piece is no part of a long line: it is the end of output that has no line end. */
const minPieceLength = 16 * 1024;

/**
 * Passes the output of children to the runs that they belong to. It watches the output of all processes, once for the
 * connection. Other parts of the window that need lines listen to `events/output` as well.
 */
export class OutputRouter implements Disposable {
  readonly #takerOf: (job: string) => OutputTaker | undefined;
  readonly #listening: Disposable;
  readonly #pieces = new Map<string, string>();

  constructor(rpc: Rpc, takerOf: (job: string) => OutputTaker | undefined) {
    this.#takerOf = takerOf;
    this.#listening = rpc.on("events/output", ({ lines, dropped }) => this.#route(lines, dropped));
    rpc.request("events/watchOutput", { scope: "all" }).catch(() => {
      // The connection has ended; the server's state reports that.
    });
  }

  dispose(): void {
    this.#listening.dispose();
    this.#pieces.clear();
  }

  #route(lines: readonly OutputLine[], dropped: number): void {
    let left = dropped;
    let taker: OutputTaker | undefined;
    let job = "";
    let index = -1;
    let group: OutputText[] = [];
    const hand = () => {
      if (group.length === 0 || !taker) return;
      taker.wrote(index, group, left);
      left = 0;
      group = [];
    };
    for (const line of lines) {
      if (!line.task) continue;
      if (line.task.job !== job || line.task.index !== index) {
        hand();
        if (line.task.job !== job) taker = this.#takerOf(line.task.job);
        ({ job, index } = line.task);
        group = [];
      }
      if (!taker) continue;
      const text = this.#whole(line);
      if (text !== null) group.push({ stream: line.stream, text });
    }
    hand();
  }

  /** The line, or null when more of it is to come. */
  #whole(line: OutputLine): string | null {
    if (!line.partial && this.#pieces.size === 0) return line.text;
    const key = `${line.process} ${line.stream}`;
    const text = (this.#pieces.get(key) ?? "") + line.text;
    const goesOn = line.partial && line.text.length >= minPieceLength && text.length < maxLineLength;
    if (goesOn) this.#pieces.set(key, text);
    else this.#pieces.delete(key);
    return goesOn ? null : text;
  }
}
