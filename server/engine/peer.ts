import type { PolyprocError } from "../../protocol/errors.js";
import type { NotificationMessage, Params } from "../../protocol/message.js";

/** The process at the other end of a session's connection, as the engine sees it. */
export interface Peer {
  notify<M extends NotificationMessage>(message: M, params: Params<M>): void;
  /** Longest payload, in bytes, that the peer can receive. */
  readonly maxPayloadBytes: number;
  /** The peer accepts payloads of up to this many bytes in fragments. Absent in doors without fragments. */
  useFragments?(maxPayloadBytes: number): void;
  /** The peer can open the server's memory: from now on it `takesBlocks`. Absent in doors without blocks. */
  useBlocks?(): void;
  /** It gets references to blocks. Others get the bytes. */
  readonly takesBlocks?: boolean;
  /** Bytes that were written and the operating system has not taken yet. */
  backlogBytes(): number;
  /** Calls the listener once, when the backlog is small again. */
  onDrain(listener: () => void): void;
  /** Back-pressure on what the peer sends. Absent in doors that cannot do it. */
  pauseReading?(): void;
  resumeReading?(): void;
  /** Ends the connection. An error is sent to the peer first. */
  close(error?: PolyprocError): void;
}

/** Above this backlog the engine stops producing for a peer until it drains. */
export const highWaterBytes = 4 * 1024 * 1024;
