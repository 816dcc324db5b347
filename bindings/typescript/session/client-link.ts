import { connect as connectSocket, isIP, type Socket } from "node:net";
import { basename } from "node:path";
import { connect as connectTls } from "node:tls";
import type { PolyprocError } from "../../../protocol/errors.js";
import { protocolVersion } from "../../../protocol/version.js";
import { largestMessageBytes } from "../../../server/ipc/framing/fragments.js";
import { RpcEndpoint } from "../../../server/ipc/framing/rpc-endpoint.js";
import { canOpenMemory } from "../bypass/blocks.js";
import type { MemoryPlace } from "../bypass/memory-file.js";
import { parseAddress, type Address } from "./address.js";
import type { Connection, Link, ServerFacts } from "./connection.js";
import { asCallersError, Closed, TimedOut } from "./errors.js";
import { flushAtExit } from "./flush-at-exit.js";
import { requireOwnSocket } from "./socket-owner.js";

/**
 * A server that runs answers within milliseconds, even a busy one. One that takes longer than this is stopped, or is
 * something else.
 */
export const connectMs = 30_000;

export interface ConnectOptions {
  /** Token of a server on TCP. Default: POLYPROC_TOKEN. */
  token?: string | undefined;
  /** Name of the session in lists of clients. Default: the script's file name. */
  name?: string | undefined;
  /**
   * Whether to open blobs that come from other clients' process trees. Default: POLYPROC_TRUST_BLOBS, otherwise true
   * only on a Unix socket.
   */
  trustBlobs?: boolean | undefined;
}

/**
 * Connects to a server that listens. Rejects with Closed if no server listens there; with TimedOut if what listens
 * there does not answer `initialize` within `connectMs`; with Unauthorized if the server wants another token, or if
 * another user may own its Unix socket.
 */
export async function connectTo(connection: Connection, address: string, options: ConnectOptions): Promise<Link> {
  const parsed = parseAddress(address);
  if (parsed.kind === "unix") requireOwnSocket(parsed.path);
  const trustBlobs = options.trustBlobs ?? trustedByDefault(parsed.kind);
  const { socket, opened } = openSocket(parsed, address);
  let late: TimedOut | undefined;
  const timer = setTimeout(() => {
    late = new TimedOut(
      "TimedOut",
      `what listens at ${address} has not answered within ${connectMs / 1000} s: is it a Polyproc server, ` +
        "and is its process not stopped?",
    );
    socket.destroy(late);
  }, connectMs);
  try {
    await opened;
    return await openSession(connection, socket, { ...options, trustBlobs });
  } catch (error) {
    throw late ?? error;
  } finally {
    clearTimeout(timer);
  }
}

/** Opens a session on a new socket. The socket does not keep the event loop alive unless `holdLoop` says so. */
export async function openSession(
  connection: Connection,
  socket: Socket,
  { token, name = scriptName(), trustBlobs = true }: ConnectOptions = {},
): Promise<Link> {
  const endpoint = new RpcEndpoint(socket, { onNotification: connection.receive, onClose: connection.ended });
  try {
    const facts = await endpoint.request("initialize", {
      protocolVersion,
      clientInfo: { name: "polyproc-typescript", ...(name === "" ? {} : { title: name }) },
      processId: process.pid,
      capabilities: { channels: process.platform === "linux", maxPayloadBytes: largestMessageBytes },
      ...(trustBlobs ? {} : { blobs: "own" }),
      ...(token === undefined ? {} : { token }),
    });
    endpoint.useFragments((facts as ServerFacts).limits.maxMessageBytes);
    const usesBlocks = canOpenMemory((facts as { memory?: MemoryPlace | null }).memory);
    if (usesBlocks) endpoint.notify("memory/usable", {});
    const link: Link = {
      usesBlocks,
      endpoint,
      facts: facts as ServerFacts,
      holdLoop: (hold) => void (hold ? socket.ref() : socket.unref()),
    };
    flushAtExit(connection, link);
    return link;
  } catch (error) {
    endpoint.close();
    throw asCallersError(error as PolyprocError);
  }
}

/** A server on the network may have clients of other people. */
function trustedByDefault(kind: Address["kind"]): boolean {
  const said = process.env["POLYPROC_TRUST_BLOBS"] ?? "";
  if (said === "") return kind === "unix";
  if (said === "0" || said === "1") return said === "1";
  throw new TypeError(
    "POLYPROC_TRUST_BLOBS must be 1 (open the private values of any client) or 0 (of one's own process tree " +
      `only); got ${JSON.stringify(said)}`,
  );
}

/** Empty if there is no script: a REPL, or text given to `node -e`. */
function scriptName(): string {
  return basename(process.argv[1] ?? "");
}

/** `opened` resolves when bytes can be sent. */
function openSocket(address: Address, shown: string): { socket: Socket; opened: Promise<void> } {
  const socket =
    address.kind === "unix"
      ? connectSocket(address.path)
      : address.kind === "tcp"
        ? connectSocket(address.port, address.host)
        : // An IP address is no server name. The certificate is checked against the host in any case.
          connectTls(address.port, address.host, isIP(address.host) === 0 ? { servername: address.host } : {});
  const opened = new Promise<void>((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException) => {
      reject(
        new Closed(
          "Closed",
          `no server answers at ${shown} (${error.code ?? error.message}): is "polyproc serve" running there?`,
          {},
          { cause: error },
        ),
      );
    };
    socket.once("error", onError);
    socket.once(address.kind === "tls" ? "secureConnect" : "connect", () => {
      socket.off("error", onError);
      socket.setNoDelay?.(true);
      resolve();
    });
  });
  return { socket, opened };
}
