import type { Peer } from "./peer.js";

/** The session of what the server does on its own account: no connection, and handles that begin with it. */
export const runsSessionId = "server";

/** The other side of such a session: nobody, who has always read everything. */
export const serverPeer: Peer = {
  maxPayloadBytes: Infinity,
  notify() {},
  backlogBytes: () => 0,
  onDrain() {},
  close() {},
};
