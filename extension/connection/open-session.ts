import type { MessageStrategy } from "vscode-jsonrpc/node";
import { PolyprocError, type ErrorObject } from "../../protocol/errors.js";
import { protocolVersion } from "../../protocol/version.js";
import { fromResponse, RpcSession, transportErrors, type JsonRpc, type Session, type Welcome } from "./rpc-session.js";
import { openTransport, type Tap, type Transport } from "./transport.js";

/**
 * A running server answers at once. If no answer comes in this time, the server hangs, or another program listens
 * there.
 */
const initializeMs = 15_000;
/** Milliseconds that a goodbye may take. */
const goodbyeMs = 2000;

/** Speaks the protocol over a transport: VS Code's language client in the editor, bare vscode-jsonrpc elsewhere. */
export interface Speaker extends JsonRpc {
  /** Sends `initialize`, with these parameters, and resolves with the answer. */
  start(params: InitializeExtras): Promise<Welcome>;
  /** `shutdown`, then `exit`. */
  stop(): Promise<void>;
}

/** Parameters of `initialize` that a language client does not send by itself. */
export interface InitializeExtras {
  protocolVersion: string;
  clientInfo: { name: string; version: string };
  processId: number;
}

export interface SessionOptions {
  /** Path of the socket. */
  path: string;
  clientInfo: { name: string; version: string };
  tap?: Tap | undefined;
  speak: (transport: Transport, strategy: MessageStrategy) => Speaker;
}

/**
 * Opens a session with the server at the socket. Rejects with the system's error if no process listens there. Rejects
 * with PolyprocError BadState if the server speaks another protocol version, and with TimedOut if it does not answer.
 */
export async function openSession({ path, clientInfo, tap, speak }: SessionOptions): Promise<Session> {
  const transport = await openTransport(path, tap);
  try {
    const speaker = speak(transport, transport.messageStrategy);
    const welcome = await soon(speaker.start({ protocolVersion, clientInfo, processId: process.pid }), transport);
    const goodbye = async () => {
      const timer = setTimeout(() => transport.destroy(), goodbyeMs);
      try {
        await Promise.race([speaker.stop(), transport.closed]);
      } catch {
        // The server has already ended the connection.
      } finally {
        clearTimeout(timer);
        transport.destroy();
      }
      await transport.closed;
    };
    return new RpcSession(speaker, welcome, transport, goodbye);
  } catch (error) {
    transport.destroy();
    throw error instanceof PolyprocError ? error : asPolyprocError(error, transport);
  }
}

/** The answer. Rejects if the connection ends first, or if the answer takes too long. */
async function soon<T>(answer: Promise<T>, transport: Transport): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  // If another promise wins the race, a later error of the answer is of no interest.
  answer.catch(() => {});
  try {
    return await Promise.race([
      answer,
      transport.closed.then(() => Promise.reject(asPolyprocError(null, transport))),
      new Promise<never>((_, reject) => {
        timer = setTimeout(
          () =>
            reject(
              new PolyprocError(
                "TimedOut",
                `the process that listens there has said nothing for ${initializeMs / 1000} s`,
              ),
            ),
          initializeMs,
        );
      }),
    ]);
  } finally {
    clearTimeout(timer);
  }
}

function asPolyprocError(error: unknown, transport: Transport): PolyprocError {
  const { code } = (error ?? {}) as Partial<ErrorObject>;
  if (code !== undefined && !transportErrors.has(code) && transport.lastWords === null)
    return fromResponse(error as ErrorObject);
  return new PolyprocError(
    "Closed",
    transport.lastWords ?? "the server closed the connection as soon as it was opened",
  );
}
