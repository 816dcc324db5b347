import type { Blobs, SessionInfo } from "../../protocol/lifecycle.js";
import type { Handle } from "../../protocol/schema.js";
import { PolyprocError } from "../../protocol/errors.js";
import type { OnParentDeath, ProcessInfo } from "../../protocol/process.js";
import type { Account, Budget } from "./budget.js";
import type { Clock } from "./clock.js";
import type { Guard, Principal } from "./guard.js";
import type { EngineLimits } from "./limits.js";
import type { Peer } from "./peer.js";
import { serverPeer } from "./server-peer.js";
import type { Wait } from "./wait.js";

/** The parts of the engine that sessions and their waits use. */
export interface SessionDependencies {
  readonly clock: Clock;
  readonly guard: Guard;
  readonly budget: Budget;
  readonly registry: { releaseAll(session: Session): void };
  readonly waitGraph: { stamp(): number; waitBegan(wait: Wait<unknown>): void; waitEnded(wait: Wait<unknown>): void };
  readonly options: { readonly limits: Pick<EngineLimits, "maxQueuedBytes"> };
  /** Called by the session when everything that it held has been released. */
  sessionEnded(session: Session): void;
}

/** A process of the server's own, as sessions know it: the one that a session is, or one that a session started. */
export interface OwnProcess {
  readonly handle: Handle;
  readonly name: string;
  readonly pid: number | null;
  readonly daemon: boolean;
  /** The pool whose worker it is. */
  readonly pool: Handle | null;
  readonly onParentDeath: OnParentDeath | null;
  readonly starter: Session | null;
  /** The session that this process is, for hosts that have connected. */
  readonly session: Session | null;
  /** Python's `_identity`: `[2, 1]` is the first child of the second child. */
  readonly identity: readonly number[];
  /** Number of children with a default name so far. */
  childCount: number;
  describeProcess(): ProcessInfo;
  onExit(listener: () => void): () => void;
  terminate(graceMs: number | null | undefined): void;
  kill(): void;
  /**
   * A lease of the process: unless it is renewed within `ms`, the process is killed, even if the server hangs. Null
   * ends the lease.
   */
  killIn(lease: string, ms: number | null): void;
}

/** Something that a session holds: a lock, permits, loans, the action of a barrier. */
export interface Holding {
  /** The session ended while it held this. `died`: it did not send `shutdown`. */
  holderEnded(session: Session, died: boolean): void;
}

/**
 * One connected process. When it ends, its waits are cancelled and its holdings, references and children are released.
 */
export class Session implements Principal {
  readonly engine: SessionDependencies;
  /** `s1`, `s2` …: also the prefix of the handles that it mints. */
  readonly id: string;
  /**
   * Replaced by `serverPeer` once the session has ended, so that references to the session do not keep its connection
   * in memory.
   */
  peer: Peer;
  /** The child of the server that this session is; null for a client. */
  readonly process: OwnProcess | null;
  readonly waits = new Set<Wait<unknown>>();
  /** Number of references of this session to each handle: one for each time that it created or received it. */
  readonly references = new Map<Handle, number>();
  readonly holdings = new Set<Holding>();
  /** Processes that it started and that have not exited. */
  readonly children = new Set<OwnProcess>();
  /** For the session of a run, which is the server's own: the client that started the run. */
  onBehalfOf: { owner: string; clientPid: number } | null = null;
  /** The client's pid, if it sent it in `initialize`; else 0. */
  clientPid = 0;
  /** The client's name for itself. */
  clientName = "";
  clientVersion: string | null = null;
  readonly connectedAt: number;
  /** The server ends while the client of this session runs on, and may still use what it holds. */
  outlivesServer = false;
  #blobs: Blobs = "all";
  /** Bytes of its tasks that are accepted and not done. */
  queuedBytes = 0;
  /** Bytes of tasks in pending `job/submit` requests. */
  pendingSubmitBytes = 0;
  /** Jobs with pending `job/submit` requests. */
  readonly submitters = new Set<{ acceptWaiting(): void }>();
  /** Bytes of its pending puts and sends. */
  #heldBackBytes = 0;
  #onEnd = new Set<(died: boolean) => void>();
  #ended = false;

  constructor(engine: SessionDependencies, id: string, peer: Peer, process: OwnProcess | null) {
    this.engine = engine;
    this.id = id;
    this.peer = peer;
    this.process = process;
    this.connectedAt = engine.clock.wallTime();
  }

  describeSession(): SessionInfo {
    const { process } = this;
    return {
      session: this.id,
      role: process ? "worker" : "client",
      name: process?.name ?? this.clientName,
      version: this.clientVersion,
      pid: process ? process.pid : this.clientPid || null,
      process: process?.handle ?? null,
      connectedAt: this.connectedAt,
    };
  }

  /** The id of the client at the root of its process tree. Memory and turns are shared out between these clients. */
  get owner(): string {
    return this.onBehalfOf?.owner ?? this.process?.starter?.owner ?? this.id;
  }

  /** Its process can use channels, and so can the server. */
  usesChannels = false;

  /** Which blobs it opens. A worker has the setting of the client that started it. */
  get blobs(): Blobs {
    if (this.process?.starter) this.#blobs = this.process.starter.blobs;
    return this.#blobs;
  }

  set blobs(blobs: Blobs) {
    this.#blobs = blobs;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** The account for what the server keeps for it. */
  get account(): Account {
    return this.engine.budget.account(this.owner);
  }

  get heldBackBytes(): number {
    return this.#heldBackBytes;
  }

  /**
   * Charges bytes of a put or send that has to wait. Throws Overloaded if the session has too many pending bytes, or
   * the server's memory is full.
   */
  holdBack(bytes: number): void {
    const { budget } = this.engine;
    if (this.#heldBackBytes > 0 && this.#heldBackBytes + bytes > this.engine.options.limits.maxQueuedBytes) {
      throw new PolyprocError(
        "Overloaded",
        `this session has ${this.#heldBackBytes} bytes in pending puts and sends: ` +
          "wait for their answers before you send more",
      );
    }
    budget.requireRoom(bytes);
    this.#heldBackBytes += bytes;
    budget.charge(bytes);
  }

  /** Releases bytes that `holdBack` charged. */
  heldBackEnded(bytes: number): void {
    this.#heldBackBytes -= bytes;
    this.engine.budget.release(bytes);
  }

  /**
   * Throws PayloadTooLarge if the peer cannot receive a payload of this size. `what`: names the payload in the error.
   */
  requireFits(bytes: number, what: string): void {
    const { maxPayloadBytes } = this.peer;
    if (bytes <= maxPayloadBytes) return;
    throw new PolyprocError(
      "PayloadTooLarge",
      `${what} takes ${bytes} bytes, and ${this.id} can receive at most ${maxPayloadBytes}: ` +
        "large values need the length-prefixed framing with fragments (protocol/SPEC.md), " +
        "or a higher --max-message-bytes",
      { bytes, maxPayloadBytes },
    );
  }

  /**
   * Calls the listener when the session ends. `died`: it did not send `shutdown`. Returns a function that removes the
   * listener.
   */
  onEnd(listener: (died: boolean) => void): () => void {
    if (this.#ended) {
      listener(true);
      return () => {};
    }
    this.#onEnd.add(listener);
    return () => this.#onEnd.delete(listener);
  }

  endAfterFault(error: PolyprocError): void {
    this.peer.close(error);
    this.end(true);
  }

  /**
   * Ends the session: cancels its waits, then releases what it holds, then its references. Waits go first: otherwise a
   * lock that is released here could be handed to another wait of this session.
   */
  end(died: boolean): void {
    if (this.#ended) return;
    this.#ended = true;
    const gone = new PolyprocError("RequestCancelled", "the session has ended");
    const { guard } = this.engine;
    // Each step runs guarded: if one fails, the others must still run.
    for (const wait of [...this.waits]) guard.run(null, () => wait.cancel(gone));
    for (const holding of [...this.holdings]) guard.run(null, () => holding.holderEnded(this, died));
    this.holdings.clear();
    for (const listener of [...this.#onEnd]) guard.run(null, () => listener(died));
    this.#onEnd.clear();
    this.engine.registry.releaseAll(this);
    this.engine.sessionEnded(this);
    this.peer = serverPeer;
  }
}
