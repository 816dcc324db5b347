import type { OutputLine } from "../../../protocol/process.js";
import type { Connection } from "./connection.js";

export type { OutputLine };

/**
 * Where the lines go that children write: `inherit` copies them to this process's standard output and error, `ignore`
 * leaves them with the server, and a function receives them one by one.
 *
 * With `inherit`, a slow reader of this process's output makes the children wait, and so every request of the session,
 * as in Python, where writing blocks.
 */
export type OutputMode = "inherit" | "ignore" | ((line: OutputLine) => void);

const modes = new WeakMap<Connection, OutputMode>();
const listening = new WeakSet<Connection>();

/** Sets the mode. Takes effect at once, or when the connection opens. */
export function setOutputMode(connection: Connection, mode: OutputMode): void {
  if (mode !== "inherit" && mode !== "ignore" && typeof mode !== "function")
    throw new TypeError(`where output goes is "inherit", "ignore" or a function; got ${JSON.stringify(mode)}`);
  modes.set(connection, mode);
  if (connection.isOpen) watchOutput(connection);
}

/** Starts output on a connection that has just opened. `mode` applies unless `setOutputMode` was called. */
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
  connection
    .request("events/watchOutput", watch ? { scope: "own", lossless: true } : { scope: null }, { background: true })
    .catch(() => {});
}

function hand(connection: Connection, lines: readonly OutputLine[]): void {
  const mode = modes.get(connection);
  if (typeof mode === "function") {
    for (const line of lines) tell(mode, line);
    return;
  }
  if (mode === "ignore") return;
  // Successive lines of one stream are written together.
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

/** An exception of the listener becomes an uncaught exception. The other lines are still delivered. */
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
 * Writes the text. While this process's own output is blocked, reading from the server pauses, which makes the children
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
