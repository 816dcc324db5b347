import { CancellationToken } from "vscode-jsonrpc/node";
import { PolyprocError } from "../../protocol/errors.js";
import { plainSpeaker } from "./plain-speaker.js";
import type { Welcome } from "./rpc-session.js";
import { openTransport } from "./transport.js";

const answerMs = 5000;

/** Version of a server, and what it runs. */
export interface ServerLoad {
  version: string;
  pid: number;
  /** Running processes, without warm hosts. */
  processes: number;
}

/**
 * Asks the server at this socket what it runs. It names no protocol version, so a server of any version answers. With
 * `end`, stops the server. Rejects if no server answers in time.
 */
export async function askAnyServer(path: string, end = false): Promise<ServerLoad> {
  const transport = await openTransport(path);
  const late = setTimeout(() => transport.destroy(), answerMs);
  const gone = transport.closed.then(() =>
    Promise.reject(new PolyprocError("Closed", transport.lastWords ?? "the server does not answer")),
  );
  gone.catch(() => {});
  try {
    const speaker = plainSpeaker(transport, transport.messageStrategy);
    const ask = (method: string, params: object) => {
      const answer = speaker.sendRequest(method, params, CancellationToken.None);
      answer.catch(() => {});
      return Promise.race([answer, gone]);
    };
    const { serverInfo } = (await ask("initialize", {
      clientInfo: { name: "polyproc-restart" },
      processId: process.pid,
    })) as Welcome;
    const { processes = 0, warmHosts = 0 } = (await ask("server/status", {})) as {
      processes?: number;
      warmHosts?: number;
    };
    if (end) {
      await ask("server/stop", {});
      await transport.closed;
    }
    return { version: serverInfo.version, pid: serverInfo.pid, processes: Math.max(0, processes - warmHosts) };
  } finally {
    clearTimeout(late);
    transport.destroy();
  }
}
