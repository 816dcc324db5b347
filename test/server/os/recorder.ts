import type { PolyprocError } from "../../../protocol/errors.js";
import type { ChildEvents, ExitStatus } from "../../../server/engine/processes/spawner.js";
import { waitFor, within } from "../../deadline.js";

/** A child's events, in their order. */
export class Recorder implements ChildEvents {
  readonly order: ("spawned" | "stdout" | "stderr" | "exited" | "failed")[] = [];
  readonly failure: Promise<PolyprocError>;
  readonly exit: Promise<ExitStatus>;
  pid = 0;
  #text = { stdout: "", stderr: "" };
  #resolveFailure!: (error: PolyprocError) => void;
  #resolveExit!: (status: ExitStatus) => void;

  constructor() {
    this.failure = new Promise((resolve) => (this.#resolveFailure = resolve));
    this.exit = new Promise((resolve) => (this.#resolveExit = resolve));
  }

  get stdout(): string {
    return this.#text.stdout;
  }

  get stderr(): string {
    return this.#text.stderr;
  }

  spawned(pid: number): void {
    this.order.push("spawned");
    this.pid = pid;
  }

  failed(error: PolyprocError): void {
    this.order.push("failed");
    this.#resolveFailure(error);
  }

  output(stream: "stdout" | "stderr", data: Uint8Array): void {
    this.order.push(stream);
    this.#text[stream] += Buffer.from(data).toString();
  }

  exited(status: ExitStatus): void {
    this.order.push("exited");
    this.#resolveExit(status);
  }

  /** How it exited, without what is known of its memory. */
  async exitsSoon(timeoutMs?: number): Promise<ExitStatus> {
    const { exitCode, signal } = await within(this.exit, "the child's exit", timeoutMs);
    return { exitCode, signal } as ExitStatus;
  }

  failsSoon(): Promise<PolyprocError> {
    return within(this.failure, "the failure to start");
  }

  /** The numbers of lines like "child 123", once all of these words have come. */
  numbers<W extends string>(...words: W[]): Promise<Record<W, number>> {
    return waitFor(
      () => {
        const found = new Map(
          [...this.stdout.matchAll(/^(\w+) (\d+)$/gm)].map(([, word, number]) => [word, Number(number)]),
        );
        return words.every((word) => found.has(word)) && (Object.fromEntries(found) as Record<W, number>);
      },
      { what: `lines of ${words.join(", ")}` },
    );
  }
}
