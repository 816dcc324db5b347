import { join } from "node:path";
import type { DetachedServer } from "../../../bindings/typescript/session/detached-server.js";
import { launch } from "../../../extension/connection/launch.js";
import { openSession } from "../../../extension/connection/open-session.js";
import { plainSpeaker } from "../../../extension/connection/plain-speaker.js";
import type { ServerState } from "../../../extension/connection/rpc.js";
import type { Session } from "../../../extension/connection/rpc-session.js";
import { WindowServer, type WindowServerOptions } from "../../../extension/connection/window-server.js";
import { compiled } from "../../fixture.js";
import { within } from "../../deadline.js";
import { temporaryFolder } from "../../temporary-folder.js";

interface TestContext {
  after(clean: () => void | Promise<void>): void;
}

export function openPlainSession(path: string): Promise<Session> {
  return openSession({ path, clientInfo: { name: "test", version: "1.2.3" }, speak: plainSpeaker });
}

export interface TestWindow {
  server: WindowServer;
  states: ServerState[];
  launches: DetachedServer[];
}

/** What a window has, without its editor. The server that it starts is a real one, and ends with the test. */
export function openWindow(
  test: TestContext,
  path: string,
  options: Partial<WindowServerOptions> & { main?: string; folder?: string; nodePath?: string } = {},
): TestWindow {
  const launches: DetachedServer[] = [];
  const states: ServerState[] = [];
  const { main = compiled("server/main"), folder = null, nodePath = process.execPath, ...others } = options;
  const server = new WindowServer({
    path,
    connect: openPlainSession,
    launch: async () => {
      const started = await launch({
        path,
        main,
        nodePath,
        idleTimeoutMs: 1000,
        folder,
        logFile: `${path}.log`,
        log: () => {},
      });
      launches.push(started);
      return started;
    },
    refusal: () => null,
    onAttachFailed: () => {},
    onFault: (error) => {
      throw error;
    },
    ...others,
  });
  server.onDidChange((state) => states.push(state));
  test.after(async () => {
    await server.end();
    for (const { pid, ended } of launches) {
      try {
        process.kill(pid, "SIGTERM");
      } catch {
        // It has ended.
      }
      await within(ended, "the server's end");
    }
  });
  return { server, states, launches };
}

/** A path for a socket, in a folder of its own. */
export function socketIn(test: TestContext): string {
  return join(temporaryFolder(test), "w.sock");
}
