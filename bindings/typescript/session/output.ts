import type { OutputLine } from "../../../protocol/process.js";
import type { Connection } from "./connection.js";

export type { OutputLine };

/**
 * What becomes of the lines that children write: copied to this process's own standard output and error, left alone, or
 * handed to a function, line by line. While this process's own output is not taken, `inherit` makes the children wait,
 * and with them everything that the session waits for: as in Python, where writing blocks.
 */
export type OutputMode = "inherit" | "ignore" | ((line: OutputLine) => void);

const modes = new WeakMap<Connection, OutputMode>();
const listening = new WeakSet<Connection>();

/** Sets the mode. Takes effect at once, or as soon as the connection is open. */
export function setOutputMode(connection: Connection, mode: OutputMode): void {
  modes.set(connection, mode);
  if (connection.isOpen) watchOutput(connection);
}

/** For a connection that has just opened, with the mode that was set, or this one. */
export function beginOutput(connection: Connection, mode: OutputMode): void {
  if (!modes.has(connection)) modes.set(connection, mode);
  if (modes.get(connection) !== "ignore") watchOutput(connection);
}

function watchOutput(connection: Connection): void {
  if (!listening.has(connection)) {
    listening.add(connection);
    connection.on("events/output", ({ lines }) => hand(connection, lines));
  }
  const watch = modes.get(connection) !== "ignore";
  connection.request("events/watchOutput", watch ? { scope: "own", lossless: true } : { scope: null }, { background: true }).catch(() => {});
}

function hand(connection: Connection, lines: readonly OutputLine[]): void {
  const mode = modes.get(connection);
  if (typeof mode === "function") {
    for (const line of lines) tell(mode, line);
    return;
  }
  if (mode === "ignore") return;
  // One write for neighbouring lines of a stream.
  let text = "";
  let stream: OutputLine["stream"] = "stdout";
  for (const line of lines) {
    if (line.stream !== stream) {
      write(connection, stream, text);
      text = "";
      stream = line.stream;
    }
    text += line.partial ? line.text : `${line.text}\n`;
  }
  write(connection, stream, text);
}

/** What the caller's function throws is the caller's own fault, and costs no other line. */
function tell(listener: (line: OutputLine) => void, line: OutputLine): void {
  try {
    listener(line);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

/**
 * While the reader of this process's own output is slow, nothing more is read from the server, which makes the children
 * wait.
 */
function write(connection: Connection, name: OutputLine["stream"], text: string): void {
  const stream = process[name];
  if (text !== "" && !stream.write(text) && !stream.destroyed) connection.restUntil(drained(name));
}

const draining = new Map<OutputLine["stream"], Promise<void>>();

function drained(name: OutputLine["stream"]): Promise<void> {
  let promise = draining.get(name);
  if (!promise) {
    promise = new Promise((resolve) => {
      const stream = process[name];
      const done = () => {
        stream.off("drain", done).off("close", done);
        draining.delete(name);
        resolve();
      };
      stream.on("drain", done).on("close", done);
    });
    draining.set(name, promise);
  }
  return promise;
}
