export interface EngineLimits {
  maxMessageBytes: number;
  maxPayloadBytes: number;
  maxQueuedBytes: number;
  /** Unread bytes that one queue or pipe may hold before `put` and `send` wait. */
  maxBufferedBytes: number;
  /** What the server may hold for all peers together. */
  maxMemoryBytes: number;
  /** Remembered output of one child. */
  outputRingBytes: number;
  /** State changes that are kept for subscribers who are behind. */
  eventRing: number;
}
