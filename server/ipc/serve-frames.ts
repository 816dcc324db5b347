import type { Duplex } from "node:stream";
import { PolyprocError } from "../../protocol/errors.js";
import type { NotificationMessage, Params } from "../../protocol/message.js";
import { cancel, wrote } from "../../protocol/worker.js";
import type { Budget } from "../engine/budget.js";
import type { Block } from "../engine/bypass/block.js";
import type { Engine } from "../engine/engine.js";
import type { Peer } from "../engine/peer.js";
import type { Reports } from "../engine/processes/spawner.js";
import { Backlog } from "../handlers/backlog.js";
import { blockOf, withoutBlocks } from "../handlers/blocks.js";
import { BodyRoom, roomyBodyBytes } from "../handlers/body-room.js";
import { Connection, type Access, type Hub, type RequestId } from "../handlers/connection.js";
import { Door } from "../handlers/door.js";
import { sayFarewell } from "../handlers/farewell.js";
import { sortIncoming } from "../handlers/incoming.js";
import { ReadingPause } from "../handlers/reading-pause.js";
import { serverFault } from "../handlers/server-fault.js";
import { decodeMessage } from "./framing/decoder.js";
import type { DirectIntake } from "./framing/direct-intake.js";
import { messageOverheadBytes } from "./framing/fragments.js";
import { FrameReader } from "./framing/frame-reader.js";
import { FrameWriter, type WriteTime } from "./framing/frame-writer.js";
import type { FrameRoom, LargeIntake } from "./framing/large-message.js";
import { Inbox } from "./inbox.js";
import { LargeRoom } from "./large-room.js";
import { ReportReader } from "./reports.js";

export interface FrameOptions {
  /** Bytes that were already read from the connection. */
  head?: Buffer;
  /** The intake with which the socket was made. */
  intake?: DirectIntake;
  /** The report channel of a worker host. */
  reports?: Reports;
}

/** Serves one connection in frames. */
export function serveFrames(
  socket: Duplex,
  hub: Hub,
  access: Access,
  { head, intake, reports }: FrameOptions = {},
): Connection {
  const door = new FrameDoor(socket, hub, access, intake, reports);
  if (head) door.receive(head);
  return door.connection;
}

class FrameDoor extends Door implements Peer {
  readonly connection: Connection;
  readonly #socket: Duplex;
  readonly #reader: FrameReader;
  readonly #inbox: Inbox;
  readonly #writer: FrameWriter;
  protected readonly backlog: Backlog;
  readonly #pause: ReadingPause;
  readonly #engine: Engine;
  takesBlocks = false;
  /** Blocks that the message that is being handled names. */
  #opened: Block[] = [];
  readonly #maxMessageBytes: number;
  readonly #maxLargeBytes: number;
  readonly #channel: Reports | undefined;
  #reports: ReportReader | null = null;
  /** `ending`: only the report channel is still read. */
  #state: "open" | "ending" | "closed" = "open";
  /** Why this side ended the connection, if it did. */
  #reason: PolyprocError | undefined;
  /** Its limit is 0, so no fragments are read, until `initialize` or `worker/ready` was answered. */
  readonly #large: LargeIntake;
  maxPayloadBytes: number;

  constructor(socket: Duplex, hub: Hub, access: Access, intake?: DirectIntake, reports?: Reports) {
    super();
    this.#socket = socket;
    this.#channel = reports;
    this.#engine = hub.engine;
    const { limits } = hub.engine.options;
    this.#maxMessageBytes = limits.maxMessageBytes;
    this.maxPayloadBytes = limits.maxMessageBytes - messageOverheadBytes;
    this.#large = {
      maxPayloadBytes: 0,
      option: "--max-payload-bytes",
      reserve: (bytes, settled) => this.#reserve(hub.engine.budget, bytes, settled),
      frames: this.#frameRoom(new BodyRoom(hub.engine.budget)),
      refused: (id, error) => {
        if (id === null) throw error;
        this.#reply(id, error, null);
      },
    };
    this.#maxLargeBytes = limits.maxPayloadBytes;
    this.connection = new Connection(hub, this, access);
    this.#writer = new FrameWriter(socket);
    this.#pause = new ReadingPause(socket, {
      pause: () => this.#reports?.pause(),
      resume: () => this.#reports?.resume(),
    });
    this.backlog = new Backlog(hub.engine.budget, this.#writer, this.#pause);
    this.#inbox = new Inbox(
      ({ buffer, start, end, before }) => {
        this.#reports?.handOn(before);
        this.#handle(buffer, start, end);
      },
      (error) => this.#failed(error),
      () => {
        this.#handOnReports();
        this.#rested();
        if (this.#inbox.next) this.#pause.begin("queue");
        else this.#pause.end("queue");
      },
    );
    const take = (buffer: Buffer, start: number, end: number) =>
      this.#inbox.take({ buffer, start, end, before: this.#reader.handed });
    this.#reader = new FrameReader(take, this.connection.maxMessageBytes, this.#large);
    this.#reader.tooLongAdvice = this.connection.tooLongAdvice;
    if (reports)
      this.#reports = new ReportReader(
        reports,
        this.#handle,
        () => {
          this.#handOnReports();
          this.backlog.limitReading();
        },
        (error) => this.#failed(error),
      );
    if (intake) {
      intake.connect(
        this.#reader,
        (error) => this.#failed(error),
        () => this.#rested(),
      );
      socket.resume();
    } else {
      socket.on("data", (chunk: Buffer) => this.receive(chunk));
    }
    // "close" follows every error, and is handled below.
    socket.on("error", () => {});
    socket.on("end", () => {
      this.#inbox.drain();
      this.close();
    });
    socket.on("close", () => {
      this.#inbox.drain();
      this.#ended();
      this.backlog.end();
    });
  }

  receive(chunk: Buffer): void {
    try {
      this.#reader.push(chunk);
      this.#handOnReports();
    } catch (error) {
      this.#failed(error);
      return;
    }
    this.#rested();
  }

  #failed(error: unknown): void {
    this.close(error instanceof PolyprocError ? error : serverFault(error));
  }

  /** Called after each read. */
  #rested(): void {
    if (this.#reader.resting) this.#pause.begin("memory");
    this.backlog.limitReading();
  }

  /** Pauses reading until there is memory for the frame that has begun. */
  #frameRoom(room: BodyRoom): FrameRoom {
    return {
      leastBytes: roomyBodyBytes,
      take: (bytes, granted) => {
        let now = true;
        const release = room.take(bytes, () => {
          if (now) granted();
          else this.#resumeLarge(granted);
        });
        now = false;
        return release;
      },
    };
  }

  /** Pauses reading until there is memory for the large message that has begun. */
  #reserve(budget: Budget, bytes: number, settled: (error: PolyprocError | null) => void): LargeRoom {
    let now = true;
    const room = new LargeRoom(budget, bytes, (error) => {
      if (now) settled(error);
      else this.#resumeLarge(() => settled(error));
    });
    now = false;
    return room;
  }

  notify<M extends NotificationMessage>(message: M, params: Params<M>): void {
    // A `worker/cancel` may overtake the `worker/run` of its task: hosts can handle that.
    this.#write({ method: message.method, params }, message.method === cancel.method ? "ahead" : "now");
  }

  #resumeLarge(settle: () => void): void {
    if (this.#state !== "open") return;
    try {
      settle();
      this.#reader.resume();
      this.#handOnReports();
    } catch (error) {
      this.#failed(error);
      return;
    }
    if (!this.#reader.resting) this.#pause.end("memory");
    this.#rested();
  }

  useBlocks(): void {
    this.takesBlocks = true;
  }

  useFragments(maxPayloadBytes: number): void {
    this.#writer.useFragments(this.#maxMessageBytes);
    this.maxPayloadBytes = Math.min(maxPayloadBytes, this.#maxLargeBytes) - messageOverheadBytes;
  }

  close(error?: PolyprocError): void {
    if (this.#state === "closed") return;
    this.#reader.stop();
    this.#inbox.clear();
    if (error) {
      this.#write({ id: null, error: error.toErrorObject() }, "ahead");
      // The peer broke the protocol: its reports are dropped.
      this.#reports?.stop();
    }
    this.#ended(error);
    this.#writer.endNow();
    sayFarewell(this.#socket);
  }

  #readReports(): void {
    try {
      this.#channel?.pull();
      this.#handOnReports();
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Hands on reports that were written before the next message of the connection was sent. */
  #handOnReports(): void {
    this.#reports?.handOn(this.#inbox.next?.before ?? this.#reader.handed);
  }

  readonly #openBlock = (reference: unknown) => {
    const block = blockOf(this.#engine.registry, this.connection.session, reference);
    this.#opened.push(block);
    return block;
  };

  readonly #handle = (buffer: Buffer, start: number, end: number): void => {
    this.#opened = [];
    const incoming = sortIncoming(decodeMessage(buffer, start, end, this.#openBlock));
    const opened = this.#opened;
    switch (incoming.kind) {
      case "request": {
        const { id } = incoming;
        this.connection.request(id, incoming.method, incoming.params, (error, result, cast) => {
          for (const block of opened) block.stored();
          this.#reply(id, error, result, cast ? "later" : "now");
        });
        // `initialize` or `worker/ready` was answered: from now on the configured limits hold.
        if (this.#large.maxPayloadBytes === 0 && this.connection.session) {
          this.#reader.maxMessageBytes = this.connection.maxMessageBytes;
          this.#reader.tooLongAdvice = this.connection.tooLongAdvice;
          this.#large.maxPayloadBytes = this.#maxLargeBytes;
        }
        return;
      }
      case "notification":
        if (incoming.method === wrote.method) this.#heardOfReports(incoming.params);
        this.connection.notify(incoming.method, incoming.params);
        for (const block of opened) block.stored();
        return;
      case "response":
        return;
      case "invalid":
        if (incoming.fatal) throw incoming.error;
        this.#write({ id: incoming.id, error: incoming.error.toErrorObject() });
    }
  };

  /** The channel wakes the server later than the connection, perhaps: the order of messages must not depend on it. */
  #heardOfReports(params: unknown): void {
    const count = (params as { reports?: unknown } | null)?.reports;
    if (typeof count === "number") this.#reports?.readUpTo(count);
  }

  #reply(id: RequestId, error: PolyprocError | null, result: unknown, when: WriteTime = "now"): void {
    try {
      this.#write(error ? { id, error: error.toErrorObject() } : { id, result: result ?? null }, when);
    } catch (thrown) {
      // The answer is too large for a frame.
      if (error || !(thrown instanceof PolyprocError)) throw thrown;
      this.#write({ id, error: thrown.toErrorObject() });
    }
  }

  #write(message: object, when: WriteTime = "now"): void {
    if (this.#state === "closed" || this.#socket.destroyed) return;
    try {
      this.#writer.write(
        this.takesBlocks ? message : withoutBlocks(message, this.#engine, this.connection.session),
        when,
      );
    } catch (error) {
      this.#unwritable(message, error instanceof PolyprocError ? error : serverFault(error));
    }
    // `destroy` ends the session later, with "close", because the engine may be in the middle of a change.
    if (!this.backlog.written(this.connection.maxBacklogBytes)) this.#socket.destroy();
  }

  /**
   * The message cannot be encoded. If it is an answer, an error is sent instead. Otherwise the connection ends: later,
   * because the engine may be in the middle of a change.
   */
  #unwritable(message: object, error: PolyprocError): void {
    if ("id" in message && !("error" in message)) this.#write({ id: message.id, error: error.toErrorObject() });
    else setImmediate(() => this.close(error));
  }

  /** Ends the session once. Reading the report channel here may fail, and call `close` and this method again. */
  #ended(error?: PolyprocError): void {
    this.#reason ??= error;
    if (this.#state !== "open") return;
    this.#state = "ending";
    this.#pause.stop();
    this.#readReports();
    this.#reports?.stop();
    this.#state = "closed";
    this.#reader.stop();
    this.connection.closed(this.#reason);
  }
}
