import type { Duplex } from "node:stream";
import { PolyprocError } from "../protocol/errors.js";
import { readToTheEnd } from "./deaf-peer.js";
import { answerToForeigner } from "./foreign-protocol.js";
import type { ClientAccess, Connection, Hub } from "./handlers/connection.js";
import { serverFault } from "./handlers/server-fault.js";
import { decodeMessage } from "./ipc/framing/decoder.js";
import type { DirectIntake } from "./ipc/framing/direct-intake.js";
import { serveFrames } from "./ipc/serve-frames.js";

/** Time limit for `initialize`, in milliseconds. */
export const strangerMs = 10_000;
/** Connections of clients at one time. Further ones are refused. */
export const maxConnections = 4096;
/** Connections without `initialize`. For a further one, the oldest of them is closed. */
export const maxStrangers = 512;

/**
 * All connections of clients. Distinguishes the framings by the first byte, and limits the number and the time of
 * connections without `initialize` (strangers).
 */
export class Doors {
  readonly #hub: Hub;
  /** The connections, each with the object that serves it once its first byte has arrived. */
  readonly #connections = new Map<Duplex, Connection | null>();
  readonly #strangers = new Set<Duplex>();
  /** Called when a connection has ended. */
  onClosed: (socket: Duplex) => void = () => {};

  constructor(hub: Hub) {
    this.#hub = hub;
  }

  get size(): number {
    return this.#connections.size;
  }

  /**
   * Serves a connection. `checkToken`: null if the address itself keeps other users out. `stranger`: false for the
   * client that started this server: it has no time limit.
   */
  accept(socket: Duplex, checkToken: ClientAccess["checkToken"], stranger = true): void {
    // "close" follows every error, and is handled.
    socket.on("error", () => {});
    if (this.#connections.size >= maxConnections) {
      lastWords(
        socket,
        new PolyprocError(
          "Overloaded",
          `this server has ${maxConnections} connections already; close some, or try again later`,
        ),
      );
      return;
    }
    readToTheEnd(socket);
    this.#connections.set(socket, null);
    if (stranger) this.#strangers.add(socket);
    const timer = !stranger
      ? undefined
      : setTimeout(() => {
          this.#turnAway(
            socket,
            new PolyprocError(
              "Unauthorized",
              `nothing was heard of "initialize" within ${strangerMs / 1000} s of connecting; send it first`,
            ),
          );
        }, strangerMs).unref();
    const opened = () => {
      clearTimeout(timer);
      this.#strangers.delete(socket);
    };
    socket.once("close", () => {
      opened();
      this.#connections.delete(socket);
      this.onClosed(socket);
    });
    // A connection that ends before its first byte needs no answer.
    const leave = () => socket.end();
    socket.once("end", leave);
    socket.once("data", (head: Buffer) => {
      socket.off("end", leave);
      this.#serve(socket, head, { kind: "client", checkToken, opened });
    });
    if (this.#strangers.size > maxStrangers) {
      const [oldest] = this.#strangers;
      this.#turnAway(
        oldest!,
        new PolyprocError(
          "Overloaded",
          `more than ${maxStrangers} connections have not said "initialize", and this was the oldest; ` +
            "send it as soon as you connect",
        ),
      );
    }
  }

  /** Serves the one client that this server was started for, in frames. */
  acceptOwner(socket: Duplex, intake: DirectIntake): void {
    readToTheEnd(socket);
    this.#connections.set(
      socket,
      serveFrames(socket, this.#hub, { kind: "client", checkToken: null, opened: () => {} }, { intake }),
    );
    socket.once("close", () => {
      this.#connections.delete(socket);
      this.onClosed(socket);
    });
  }

  /**
   * Ends every connection, with the reason as its last message: nothing is granted any more. Resolves when all are
   * closed, at the latest after `graceMs`.
   */
  async end(error: PolyprocError, graceMs: number): Promise<void> {
    for (const connection of this.#connections.values()) connection?.silence();
    for (const [socket, connection] of this.#connections) {
      if (connection) connection.end(error);
      else socket.destroy();
    }
    const closed = [...this.#connections.keys()].map(
      (socket) => new Promise<void>((done) => socket.once("close", () => done())),
    );
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([Promise.all(closed), new Promise((late) => (timer = setTimeout(late, graceMs)))]);
    clearTimeout(timer);
    for (const socket of this.#connections.keys()) socket.destroy();
  }

  #serve(socket: Duplex, head: Buffer, access: ClientAccess): void {
    // The "C" of Content-Length. As the first byte of a frame's length it would mean more than a GiB.
    if (head[0] !== 0x43 && head[0] !== 0x63) {
      const answer = answerToForeigner(head);
      if (answer !== null) {
        say(socket, answer);
        return;
      }
      this.#connections.set(socket, serveFrames(socket, this.#hub, access, { head }));
      return;
    }
    socket.pause();
    // Loaded with its first client: servers that speak frames only start faster.
    void import("./rpc/serve-rpc.js")
      .then(({ serveRpc }) => {
        if (socket.destroyed) return;
        this.#connections.set(socket, serveRpc(socket, this.#hub, access, decodeMessage, head));
        socket.resume();
      })
      .catch((error: unknown) => {
        // The module could not be read, for example because no descriptor was free. This client must connect again; the
        // others are served.
        lastWords(socket, serverFault(error));
      });
  }

  #turnAway(socket: Duplex, error: PolyprocError): void {
    this.#strangers.delete(socket);
    const connection = this.#connections.get(socket);
    if (connection) connection.end(error);
    else lastWords(socket, error);
  }
}

/** The last message for a connection whose framing is unknown: in `Content-Length` framing, which people can read. */
function lastWords(socket: Duplex, error: PolyprocError): void {
  const body = JSON.stringify({ jsonrpc: "2.0", id: null, error: error.toErrorObject() });
  say(socket, `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

/** Ends the connection with this text. */
function say(socket: Duplex, text: string): void {
  socket.end(text);
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), 1000).unref();
  socket.once("close", () => clearTimeout(timer));
}
