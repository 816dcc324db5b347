import type { PolyprocError } from "../../protocol/errors.js";
import type { NotificationMessage, Params } from "../../protocol/message.js";

/** The other side of a session, as the engine sees it. */
export interface Peer {
  notify<M extends NotificationMessage>(message: M, params: Params<M>): void;
  /** Longest payload that the other side can be sent, in bytes. */
  readonly maxPayloadBytes: number;
  /** The other side reads messages of up to so many bytes in fragments. Doors that have none leave it out. */
  useFragments?(maxPayloadBytes: number): void;
  /** Bytes handed over that the operating system has not taken yet. */
  backlogBytes(): number;
  /** Calls once, when the backlog is small again. */
  onDrain(listener: () => void): void;
  /** Back-pressure on what the other side sends. Doors that cannot do it leave it out. */
  pauseReading?(): void;
  resumeReading?(): void;
  /** Reads what a worker host has put aside in its aside pipe, from now on also whenever it says something. Only where there is one. */
  pullAside?(): void;
  /** Ends the connection, after telling why when there is an error. */
  close(error?: PolyprocError): void;
}

/** Above this backlog the engine stops producing for a peer until it drains. */
export const highWaterBytes = 4 * 1024 * 1024;
