export interface EngineLimits {
  maxMessageBytes: number;
  maxPayloadBytes: number;
  maxQueuedBytes: number;
  /** Unread bytes that one queue or pipe may hold before `put` and `send` wait. */
  maxBufferedBytes: number;
  /** Memory that the server may hold for all peers together. */
  maxMemoryBytes: number;
  /** Output of one child that is remembered. */
  outputRingBytes: number;
  /** Number of past state changes that are kept, for subscribers that reconnect or are slow. */
  eventRing: number;
}
