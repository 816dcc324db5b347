import type { Peer } from "./peer.js";

/** Id of the session for the server's own work, runs. It has no connection. Its handles begin with this id. */
export const runsSessionId = "server";

/** The peer of a session without a connection: it drops all messages and never has a backlog. */
export const serverPeer: Peer = {
  maxPayloadBytes: Infinity,
  notify() {},
  backlogBytes: () => 0,
  onDrain() {},
  close() {},
};
