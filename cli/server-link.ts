import { homedir } from "node:os";
import { parseAddress } from "../bindings/typescript/session/address.js";
import { connectTo } from "../bindings/typescript/session/client-link.js";
import { Connection } from "../bindings/typescript/session/connection.js";
import { connectToNamed } from "../bindings/typescript/session/named-server.js";
import { startPrivateServer } from "../bindings/typescript/session/embedded.js";
import { PolyprocError } from "../protocol/errors.js";
import { ExitError } from "./exit-error.js";
import { exitStatus } from "./exit-status.js";
import { serveDetached } from "./serve-detached.js";
import { serverAddress, type ServerAddress } from "./server-address.js";

export interface ServerLink {
  connection: Connection;
  /** The address, in the form of POLYPROC_ADDRESS. Null for a private server, which ends with this command. */
  address: string | null;
  /** Whether the server runs on this machine, so that our paths are valid there. */
  isLocal: boolean;
}

function clientName(): string {
  return `polyproc ${process.argv[2] ?? ""}`.trim();
}

/**
 * Connects to the shared server. Throws an ExitError that names the address and says how to start a server. `name`: of
 * this client in lists.
 */
export async function openSharedServer(name = clientName()): Promise<ServerLink> {
  const address = serverAddress();
  try {
    return await connect(address, name);
  } catch (error) {
    throw unavailable(address, error as PolyprocError);
  }
}

/** Seconds without a client after which a server that was started in the background ends. */
const idleSeconds = 60;

/**
 * As `openSharedServer`, but if no server answers on the default socket, it starts one there in the background. That
 * server ends by itself when it has no client.
 */
export async function openOwnServer(name: string, env: NodeJS.ProcessEnv = process.env): Promise<ServerLink> {
  const address = serverAddress(env);
  if (address.from === "environment") return openSharedServer(name);
  try {
    return await connect(address, name);
  } catch (error) {
    if (!isUnanswered(error as PolyprocError)) throw unavailable(address, error as PolyprocError);
  }
  // Not in this folder: the server would keep its file system busy.
  await serveDetached(["--listen", address.text, "--queue", "--idle-timeout", String(idleSeconds)], homedir());
  try {
    return await connect(address, name);
  } catch (error) {
    throw unavailable(address, error as PolyprocError);
  }
}

/** Connects to the server at this address. */
export function openServerAt(text: string, name: string): Promise<ServerLink> {
  return connect({ text, address: parseAddress(text), from: "default" }, name);
}

/** Connects to the shared server if it runs; starts none. `otherwise`: completes the message of the error. */
export async function openRunningServer(otherwise: string): Promise<{ connection: Connection; address: string }> {
  const { text } = serverAddress();
  const connection = new Connection((opening) =>
    connectTo(opening, text, { token: process.env["POLYPROC_TOKEN"], name: clientName() }),
  );
  try {
    await opened(connection);
  } catch (error) {
    const { message } = error as Error;
    const why = isUnanswered(error as PolyprocError)
      ? `no server answers at ${text}, ${otherwise}`
      : `${text}: ${message}`;
    throw error instanceof PolyprocError ? new ExitError(exitStatus.unavailable, why) : error;
  }
  return { connection, address: text };
}

/**
 * Connects to the server of POLYPROC_ADDRESS. Without the variable: to the server on the default socket, or, if none
 * answers there, to a new private server. `code`: the file that the server will run. `node`: tells the Node in which a
 * private server runs, with its functions.
 */
export async function openAnyServer(
  code: string | null = null,
  node: () => string = () => process.execPath,
): Promise<ServerLink> {
  const address = serverAddress();
  if (address.from === "environment") return openSharedServer();
  try {
    return await connect(address);
  } catch (error) {
    if (!isUnanswered(error as PolyprocError)) throw unavailable(address, error as PolyprocError);
  }
  const connection = new Connection((opening) => startPrivateServer(opening, code, node()));
  await opened(connection);
  return { connection, address: null, isLocal: true };
}

async function connect({ text, address, from }: ServerAddress, name = clientName()): Promise<ServerLink> {
  const open = from === "environment" ? connectToNamed : connectTo;
  const connection = new Connection((opening) => open(opening, text, { token: process.env["POLYPROC_TOKEN"], name }));
  await opened(connection);
  return { connection, address: text, isLocal: address.kind === "unix" };
}

/** Keeps the command alive while its connection is open, even if no request is pending. */
async function opened(connection: Connection): Promise<void> {
  await connection.open();
  connection.retainLoop();
}

function isUnanswered(error: PolyprocError): boolean {
  const { code } = (error.cause ?? {}) as NodeJS.ErrnoException;
  return code === "ENOENT" || code === "ECONNREFUSED" || code === "ENOTDIR";
}

function unavailable({ text, from }: ServerAddress, error: PolyprocError): Error {
  if (!(error instanceof PolyprocError)) return error;
  if (!isUnanswered(error)) return new ExitError(exitStatus.unavailable, `${text}: ${error.message}`);
  return new ExitError(
    exitStatus.unavailable,
    from === "environment"
      ? `no server answers at ${text}, which POLYPROC_ADDRESS names; start one with: polyproc serve --listen ${text}`
      : `no server: POLYPROC_ADDRESS is not set, and none answers at ${text}; start one with: polyproc serve`,
  );
}
