import type { DoorSocket } from "./reading-pause.js";

/** Milliseconds that a peer has to read the last error and to close. */
const farewellMs = 2000;

/**
 * The door has ended its side: the socket is destroyed unless the peer closes in time. Until then the door goes on
 * reading and drops the bytes: with unread bytes, closing would reset the peer before it has read the last error.
 */
export function sayFarewell(socket: DoorSocket): void {
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), farewellMs).unref();
  socket.once("close", () => clearTimeout(timer));
}
