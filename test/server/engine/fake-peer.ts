import type { NotificationMessage, Params } from "../../../protocol/message.js";
import type { PolyprocError } from "../../../protocol/errors.js";
import type { Peer } from "../../../server/engine/peer.js";

/** A peer that keeps the messages that it was sent. */
export class FakePeer implements Peer {
  maxPayloadBytes = Infinity;
  takesBlocks = false;
  readonly sent: { method: string; params: unknown }[] = [];
  /** Result of `backlogBytes`. A high value plays a peer that does not read. */
  backlog = 0;
  closedWith: PolyprocError | null | undefined;
  #drainListeners: (() => void)[] = [];

  notify<M extends NotificationMessage>(message: M, params: Params<M>): void {
    this.sent.push({ method: message.method, params });
  }

  backlogBytes(): number {
    return this.backlog;
  }

  onDrain(listener: () => void): void {
    this.#drainListeners.push(listener);
  }

  /** Plays a peer that has read its backlog. */
  drain(): void {
    this.backlog = 0;
    const listeners = this.#drainListeners;
    this.#drainListeners = [];
    for (const listener of listeners) listener();
  }

  close(error?: PolyprocError): void {
    this.closedWith = error ?? null;
  }

  /** Parameters of all messages of this kind, in order. */
  received<M extends NotificationMessage>(message: M): Params<M>[] {
    return this.sent.filter((sent) => sent.method === message.method).map((sent) => sent.params as Params<M>);
  }
}
