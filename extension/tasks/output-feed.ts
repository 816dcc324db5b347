import { connect } from "node:net";
import { parseAddress } from "../../bindings/typescript/session/address.js";
import { openSession } from "../../bindings/typescript/session/client-link.js";
import { Connection } from "../../bindings/typescript/session/connection.js";
import type { OutputLine } from "../../protocol/process.js";

/** Lines that children write, every one of them. */
export interface OutputFeed {
  /** Called with lines in the order in which each process wrote them. */
  onLines: (lines: readonly OutputLine[]) => void;
  /** From now on, reads only the lines of this run, so that no other child waits for this reader. */
  only(run: string): Promise<void>;
  /**
   * Resolves when every line that the server has sent so far was passed to the handler, or the connection has ended.
   */
  settled(): Promise<void>;
  /** Stops reading: children that write much have to wait. */
  pause(): void;
  resume(): void;
  close(): Promise<void>;
}

/**
 * A separate session, because reading from it may pause while the window's other traffic continues. Rejects if the
 * server cannot be reached.
 */
export async function openOutputFeed(address: string): Promise<OutputFeed> {
  const parsed = parseAddress(address);
  const socket = parsed.kind === "unix" ? connect(parsed.path) : connect(parsed.port, parsed.host);
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", reject);
  });
  const connection = new Connection((self) => openSession(self, socket));
  await connection.open();
  let isPaused = false;
  const feed: OutputFeed = {
    onLines: () => {},
    async only(run) {
      // A run that was forgotten has no output any more.
      await connection.request("events/watchOutput", { scope: "all", lossless: true, run }).catch(() => {});
    },
    async settled() {
      // An answer arrives after everything that the server sent before it.
      await connection.request("server/status", {}).catch(() => {});
    },
    pause() {
      isPaused = true;
      socket.pause();
    },
    resume() {
      if (!isPaused) return;
      isPaused = false;
      socket.resume();
    },
    async close() {
      feed.onLines = () => {};
      socket.resume();
      await connection.close().catch(() => socket.destroy());
    },
  };
  connection.on("events/output", ({ lines }) => feed.onLines(lines));
  await connection.request("events/watchOutput", { scope: "all", lossless: true });
  return feed;
}
