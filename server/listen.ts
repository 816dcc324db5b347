import { readFileSync } from "node:fs";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type Server as TlsServer } from "node:tls";
import { formatAddress, type Address } from "./address.js";
import { maxConnections, maxStrangers, strangerMs } from "./doors.js";
import { listenOnPath } from "./unix-socket.js";
import { UsageError } from "./usage-error.js";

export interface TlsFiles {
  cert: string;
  key: string;
}

/** An address where clients can connect. */
export interface Listener {
  /** With the actual port, if port 0 was asked for. */
  readonly address: Address;
  /** From now on connections are handed over; first those that arrived before. */
  serve(accept: (socket: Socket) => void): void;
  /** Stops accepting connections, and removes a Unix socket. */
  close(): Promise<void>;
}

/** Fails with UsageError if the address cannot be bound. */
export async function listen(address: Address, tls: TlsFiles | null): Promise<Listener> {
  const early: Socket[] = [];
  let accept: (socket: Socket) => void = (socket) => early.push(socket);
  const onConnection = (socket: Socket) => accept(socket);
  // Half-open: a client that sends its requests and closes its side still gets the answers.
  const options = { allowHalfOpen: true, noDelay: true };
  let server: Server;
  let handshakes: Handshakes | null = null;
  if (address.kind === "tls") {
    const secure = createTlsServer({ ...options, ...readTls(tls!), handshakeTimeout: strangerMs }, onConnection);
    handshakes = new Handshakes(secure);
    server = secure;
  } else server = createServer(options, onConnection);
  server.maxConnections = maxConnections;
  const bound = await bind(server, address);
  return {
    address: bound,
    serve(handler) {
      accept = handler;
      for (const socket of early.splice(0)) handler(socket);
    },
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        for (const socket of early.splice(0)) socket.destroy();
        handshakes?.end();
      }),
  };
}

/**
 * The connections whose TLS handshake is not done. The doors do not know them: a connection is handed over when it is
 * secure. They end after the time limit, for a further one beyond `maxStrangers`, and when the server ends, which
 * otherwise would wait for them.
 */
class Handshakes {
  readonly #sockets = new Map<string, Socket>();

  constructor(server: TlsServer) {
    server.on("connection", (socket: Socket) => {
      const name = nameOf(socket);
      this.#sockets.set(name, socket);
      socket.once("close", () => {
        if (this.#sockets.get(name) === socket) this.#sockets.delete(name);
      });
      if (this.#sockets.size > maxStrangers) this.#sockets.values().next().value!.destroy();
    });
    server.on("secureConnection", (socket) => this.#sockets.delete(nameOf(socket)));
    // Node destroys the connection after a fault, but not after the time limit.
    server.on("tlsClientError", (_error, socket) => socket.destroy());
  }

  end(): void {
    for (const socket of [...this.#sockets.values()]) socket.destroy();
  }
}

/** The same for a connection and for its secure form, which is another object. */
function nameOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

async function bind(server: Server, address: Address): Promise<Address> {
  try {
    if (address.kind === "unix") return { kind: "unix", path: await listenOnPath(server, address.path) };
    await new Promise<void>((listening, failed) => {
      server.once("error", failed);
      server.listen({ host: address.host, port: address.port }, listening);
    });
    return { ...address, port: (server.address() as AddressInfo).port };
  } catch (error) {
    // The server may be bound although this failed, for example because the socket's mode could not be set.
    if (server.listening) server.close();
    if (error instanceof UsageError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    const hint =
      code === "EADDRINUSE"
        ? "another program listens there: choose another port, or stop it"
        : (error as Error).message;
    throw new UsageError(`cannot listen on ${formatAddress(address)}: ${hint}`);
  }
}

function readTls({ cert, key }: TlsFiles): { cert: Buffer; key: Buffer } {
  try {
    return { cert: readFileSync(cert), key: readFileSync(key) };
  } catch (error) {
    throw new UsageError(`--tls-cert, --tls-key: ${(error as Error).message}`);
  }
}
