import { createMessageConnection, type MessageStrategy } from "vscode-jsonrpc/node";
import type { Speaker } from "./open-session.js";
import type { Welcome } from "./rpc-session.js";
import type { Transport } from "./transport.js";

/** Speaks the protocol without an editor's language client. */
export function plainSpeaker(transport: Transport, messageStrategy: MessageStrategy): Speaker {
  const connection = createMessageConnection(transport.reader, transport.writer, undefined, { messageStrategy });
  // An error ends the connection, and its end is reported.
  connection.onError(() => {});
  connection.onClose(() => connection.dispose());
  connection.listen();
  return {
    start: (params) => connection.sendRequest<Welcome>("initialize", params),
    stop: async () => {
      await connection.sendRequest("shutdown", {});
      await connection.sendNotification("exit", {});
    },
    sendRequest: (method, params, token) => connection.sendRequest(method, params, token),
    onNotification: (method, handler) => connection.onNotification(method, handler),
  };
}
