import { PolyprocError } from "../../../protocol/errors.js";
import type { Payload } from "../../../protocol/payload.js";
import type { StandardStream } from "../../../protocol/process.js";
import type { Guard } from "../guard.js";
import type { PayloadCodec } from "../payload-codec.js";
import type { Session } from "../session.js";
import { Wait } from "../wait.js";
import type { ChildStreams } from "./spawner.js";
import { UnreadOutput, type OutputRead, type StreamOwner } from "./unread-output.js";

/** What the streams of commands need of the engine. */
export interface StreamDependencies {
  readonly guard: Guard;
  readonly options: { readonly codec: Pick<PayloadCodec, "toBytes" | "fromBytes"> };
}

/** The standard streams of a command that the session which started it writes and reads. */
export class CommandStreams {
  readonly #engine: StreamDependencies;
  readonly #process: StreamOwner;
  readonly #starter: Session;
  /** Null once the program has ended. */
  #child: ChildStreams | null;
  readonly #output = new Map<StandardStream, UnreadOutput>();
  readonly #forgetStarter: () => void;
  /** `none`: it is not among the command's streams. */
  #input: "none" | "open" | "closed";

  constructor(
    engine: StreamDependencies,
    process: StreamOwner,
    starter: Session,
    names: readonly StandardStream[],
    child: ChildStreams,
  ) {
    this.#engine = engine;
    this.#process = process;
    this.#starter = starter;
    this.#child = child;
    this.#input = names.includes("stdin") ? "open" : "none";
    for (const name of ["stdout", "stderr"] as const) {
      if (!names.includes(name)) continue;
      const source = {
        pause: () => this.#child?.pause(name),
        resume: () => this.#child?.resume(name),
        close: () => this.#child?.close(name),
      };
      this.#output.set(name, new UnreadOutput(process, name, starter.account, engine.options.codec, source));
    }
    this.#forgetStarter = starter.onEnd(() => this.close());
  }

  /** Whether this output is the starter's. Otherwise it is reported as lines. */
  takes(stream: "stdout" | "stderr"): boolean {
    return this.#output.has(stream);
  }

  feed(stream: "stdout" | "stderr", data: Uint8Array): void {
    this.#output.get(stream)?.push(data);
  }

  outputEnded(stream: "stdout" | "stderr"): void {
    this.#output.get(stream)?.end();
  }

  /** The program has ended, or could not be started. Its output can still be read. */
  exited(): void {
    this.#child = null;
    for (const output of this.#output.values()) output.end();
  }

  write(session: Session, payload: Payload): Wait<null> {
    this.#requireStarter(session);
    if (this.#input === "none") throw notAStream(this.#process, "stdin");
    const data = this.#engine.options.codec.toBytes(payload);
    if (this.#input === "closed")
      throw new PolyprocError("BadState", `this session has closed stdin of ${this.#process.name}`);
    if (!this.#child) throw this.#brokenPipe();
    session.holdBack(data.length);
    const wait = new Wait<null>(session, {});
    this.#child.write(data, (taken) =>
      this.#engine.guard.run(session, () => {
        session.heldBackEnded(data.length);
        if (taken) wait.resolve(null);
        else wait.reject(this.#brokenPipe());
      }),
    );
    return wait;
  }

  read(
    session: Session,
    stream: "stdout" | "stderr",
    maxBytes: number | undefined,
    timeoutMs: number | null | undefined,
  ): OutputRead | Wait<OutputRead> {
    this.#requireStarter(session);
    return this.#outputOf(stream).read(session, maxBytes, timeoutMs);
  }

  closeStream(session: Session, stream: StandardStream): void {
    this.#requireStarter(session);
    if (stream !== "stdin") this.#outputOf(stream).close();
    else if (this.#input === "none") throw notAStream(this.#process, "stdin");
    else this.#closeInput();
  }

  /** No session can use them any more. */
  close(): void {
    this.#forgetStarter();
    this.#closeInput();
    for (const output of this.#output.values()) output.close();
  }

  #closeInput(): void {
    if (this.#input !== "open") return;
    this.#input = "closed";
    this.#child?.close("stdin");
  }

  #outputOf(stream: "stdout" | "stderr"): UnreadOutput {
    const output = this.#output.get(stream);
    if (!output) throw notAStream(this.#process, stream);
    return output;
  }

  #requireStarter(session: Session): void {
    if (session === this.#starter) return;
    throw new PolyprocError(
      "NotOwner",
      `only the session that started ${this.#process.name} (${this.#starter.id}) reads and writes its streams`,
    );
  }

  #brokenPipe(): PolyprocError {
    const { name, reason } = this.#process;
    return new PolyprocError(
      "BrokenPipe",
      reason === null
        ? `${name} has closed its standard input, or is ending`
        : `${name} has ended (${reason}), so nothing can be written to its standard input`,
    );
  }
}

/** The error for a stream that is not among those of the process. */
export function notAStream(process: StreamOwner, stream: StandardStream): PolyprocError {
  return new PolyprocError(
    "BadState",
    `${stream} of ${process.name} cannot be used by a session: start the command with ` +
      `${stream} in \`streams\` of process/start`,
  );
}
