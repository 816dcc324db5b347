import type { OutputLine } from "../../protocol/process.js";
import type { Connection } from "./connection.js";

export type { OutputLine };

/**
 * What becomes of the lines that children write: copied to this process's own standard output and error, left alone, or
 * handed to a function, line by line.
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
    connection.on("events/output", ({ lines }) => hand(lines, modes.get(connection)!));
  }
  const watch = modes.get(connection) !== "ignore";
  connection.request("events/watchOutput", watch ? { scope: "own", lossless: true } : { scope: null }, { background: true }).catch(() => {});
}

function hand(lines: readonly OutputLine[], mode: OutputMode): void {
  if (typeof mode === "function") {
    for (const line of lines) mode(line);
    return;
  }
  if (mode === "ignore") return;
  // One write for neighbouring lines of a stream.
  let text = "";
  let stream: OutputLine["stream"] = "stdout";
  for (const line of lines) {
    if (line.stream !== stream) {
      if (text !== "") process[stream].write(text);
      text = "";
      stream = line.stream;
    }
    text += line.partial ? line.text : `${line.text}\n`;
  }
  if (text !== "") process[stream].write(text);
}
