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

/** What sessions and their waits need of the engine. */
export interface SessionDependencies {
  readonly clock: Clock;
  readonly guard: Guard;
  readonly budget: Budget;
  readonly registry: { releaseAll(session: Session): void };
  readonly waitGraph: { stamp(): number; waitBegan(wait: Wait<unknown>): void; waitEnded(wait: Wait<unknown>): void };
  readonly options: { readonly limits: Pick<EngineLimits, "maxQueuedBytes"> };
  /** Called by the session itself, when everything it held was let go. */
  sessionEnded(session: Session): void;
}

/** A process of the server's own, as sessions know it: the one that a session is, or one that a session started. */
export interface OwnProcess {
  readonly handle: Handle;
  readonly name: string;
  readonly pid: number | null;
  readonly daemon: boolean;
  readonly onParentDeath: OnParentDeath | null;
  readonly starter: Session | null;
  /** The session that this process is, for hosts that have connected. */
  readonly session: Session | null;
  /** Python's `_identity`: `[2, 1]` is the first child of the second child. */
  readonly identity: readonly number[];
  /** Counts the children that were given a default name. */
  childCount: number;
  describeProcess(): ProcessInfo;
  onExit(listener: () => void): () => void;
  terminate(graceMs: number | null | undefined): void;
}

/** Something that sessions hold for a while: a lock, permits, a round of a barrier. */
export interface Holding {
  /** The session has ended with it. `died`: without saying `shutdown`. */
  holderEnded(session: Session, died: boolean): void;
}

/** One process on one connection. Whatever it holds, waits for or started is let go when it ends. */
export class Session implements Principal {
  readonly engine: SessionDependencies;
  /** `s1`, `s2` …: also the prefix of the handles that it mints. */
  readonly id: string;
  /** Once the session has ended: nobody. What refers to the session keeps nothing of its connection in memory. */
  peer: Peer;
  /** The process of the server's own that this session is; null for a client from outside. */
  readonly process: OwnProcess | null;
  readonly waits = new Set<Wait<unknown>>();
  /** References: how often each handle was created by, or delivered to, this session. */
  readonly references = new Map<Handle, number>();
  /** What it holds now. */
  readonly holdings = new Set<Holding>();
  /** Living processes that it started. */
  readonly children = new Set<OwnProcess>();
  /** For a session of the server's own (a run's): the client that asked for it. */
  onBehalfOf: { owner: string; clientPid: number } | null = null;
  /** The client's own pid, when it said so in `initialize`; else 0. */
  clientPid = 0;
  /** What the client says that it is. */
  clientName = "";
  clientVersion: string | null = null;
  readonly connectedAt: number;
  #blobs: Blobs = "all";
  /** Bytes of its tasks that have not been started. */
  queuedBytes = 0;
  /** Bytes of tasks in `job/submit` requests that wait for room. */
  pendingSubmitBytes = 0;
  /** Jobs with such requests. */
  readonly submitters = new Set<{ acceptWaiting(): void }>();
  /** Bytes of its puts and sends that wait for room. */
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

  /** The id of the client at the root of its process tree: the one with whom others share time and memory. */
  get owner(): string {
    return this.onBehalfOf?.owner ?? this.process?.starter?.owner ?? this.id;
  }

  /** Whose private values it opens: a worker those that its client opens. */
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

  /** To which it charges what is kept for it. */
  get account(): Account {
    return this.engine.budget.account(this.owner);
  }

  get heldBackBytes(): number {
    return this.#heldBackBytes;
  }

  /** Counts bytes of a put or send that must wait. Fails with Overloaded if the session has too many of them already, or the server has no memory for them. */
  holdBack(bytes: number): void {
    const { budget } = this.engine;
    if (this.#heldBackBytes > 0 && this.#heldBackBytes + bytes > this.engine.options.limits.maxQueuedBytes) {
      throw new PolyprocError("Overloaded", `${this.#heldBackBytes} bytes of this session wait for room in queues and pipes: wait for the answers before you send more`);
    }
    budget.requireRoom(bytes);
    this.#heldBackBytes += bytes;
    budget.charge(bytes);
  }

  /** They wait no more. */
  heldBackEnded(bytes: number): void {
    this.#heldBackBytes -= bytes;
    this.engine.budget.release(bytes);
  }

  /** Fails with PayloadTooLarge unless a payload of so many bytes can be sent to the other side. `what`: the payload, for the error's text. */
  requireFits(bytes: number, what: string): void {
    const { maxPayloadBytes } = this.peer;
    if (bytes <= maxPayloadBytes) return;
    throw new PolyprocError(
      "PayloadTooLarge",
      `${what} takes ${bytes} bytes, more than the ${maxPayloadBytes} that ${this.id} can be sent: large values need the length-prefixed framing with fragments (protocol/SPEC.md), or a higher --max-message-bytes`,
      { bytes, maxPayloadBytes },
    );
  }

  /** Calls when the session ends; `died` unless it said `shutdown`. Returns a function that takes the listener away. */
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
   * Ends the session. Its waits leave first, so that nothing that is released now is handed to it; then what it holds is
   * released, then its references.
   */
  end(died: boolean): void {
    if (this.#ended) return;
    this.#ended = true;
    const gone = new PolyprocError("RequestCancelled", "the session has ended");
    const { guard } = this.engine;
    // One of these that fails must not keep the others from being let go.
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
