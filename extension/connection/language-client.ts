import {
  LanguageClient,
  CloseAction,
  ErrorAction,
  RevealOutputChannelOn,
  type LanguageClientOptions,
  type StaticFeature,
} from "vscode-languageclient";
import type { LogOutputChannel } from "vscode";
import type { MessageStrategy } from "vscode-jsonrpc/node";
import type { InitializeExtras, Speaker } from "./open-session.js";
import type { Welcome } from "./rpc-session.js";
import type { Transport } from "./transport.js";

/**
 * Speaks to the server through VS Code's language client. One client for each connection: `WindowServer` decides
 * whether and when another server starts.
 */
export function languageClientSpeaker(
  log: LogOutputChannel,
  transport: Transport,
  messageStrategy: MessageStrategy,
): Speaker {
  const options: LanguageClientOptions = {
    outputChannel: log,
    revealOutputChannelOn: RevealOutputChannelOn.Never,
    connectionOptions: { messageStrategy },
    errorHandler: {
      error: () => ({ action: ErrorAction.Continue, handled: true }),
      closed: () => ({ action: CloseAction.DoNotRestart, handled: true, message: "the connection has ended" }),
    },
    initializationFailedHandler: () => false,
  };
  const client = new QuietClient(
    "polyproc",
    "Polyproc",
    () => Promise.resolve({ reader: transport.reader, writer: transport.writer, detached: true }),
    options,
  );
  return {
    start: async (params) => {
      client.registerFeature(extraParams(params));
      await client.start();
      // Polyproc's answer to `initialize` has members that the language client's type does not have.
      return client.initializeResult as unknown as Welcome;
    },
    stop: () => client.stop(),
    sendRequest: (method, params, token) => client.sendRequest(method, params, token),
    onNotification: (method, handler) => client.onNotification(method, handler),
  };
}

/** Logs errors and shows none: the caller knows what an error means, and shows it once. */
class QuietClient extends LanguageClient {
  override error(message: string, data?: unknown): void {
    this.outputChannel.debug(
      data === undefined || data === null
        ? message
        : `${message} ${data instanceof Error ? data.message : String(data)}`,
    );
  }

  /** The transport's tap traces messages, with their sizes. */
  override trace(): void {}
}

function extraParams(extras: InitializeExtras): StaticFeature {
  return {
    fillInitializeParams: (params) => void Object.assign(params, extras),
    fillClientCapabilities: () => {},
    initialize: () => {},
    getState: () => ({ kind: "static" }),
    clear: () => {},
  };
}
