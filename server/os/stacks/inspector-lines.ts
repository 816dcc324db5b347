const listening = String.raw`Debugger listening on ws://127\.0\.0\.1:\d+/[0-9a-f-]{36}\n`;
const lines = [
  listening,
  String.raw`Debugger ending on ws://127\.0\.0\.1:\d+/[0-9a-f-]{36}\n`,
  String.raw`For help, see: https://nodejs\.org/\S+/(?:inspector|debugging)\n`,
  String.raw`Debugger attached\.\n`,
  String.raw`Waiting for the debugger to disconnect\.\.\.\n`,
];
const all = new RegExp(lines.join("|"), "g");
/** How each of these lines begins. */
const heads = ["Debugger ", "For help, see: https://nodejs.org/", "Waiting for the debugger"];
/** These lines are shorter. */
const longest = 120;

/**
 * Takes the lines that Node's inspector writes to stderr out of what a host writes there: the address that it listens
 * at, and words for people. It passes on the rest.
 */
export class InspectorLines {
  readonly #address: (url: string) => void;
  readonly #waiting: () => void;
  #kept = "";

  /** `address` is called with each address; `waiting`, when the process exits and waits for a debugger to leave. */
  constructor(address: (url: string) => void, waiting: () => void) {
    this.#address = address;
    this.#waiting = waiting;
  }

  /** Returns what the user's program wrote. */
  pass(data: Uint8Array): Uint8Array {
    const text = this.#kept + Buffer.from(data.buffer, data.byteOffset, data.length).toString("latin1");
    const rest = text.replace(all, (line) => {
      const url = /^Debugger listening on (\S+)/.exec(line)?.[1];
      if (url !== undefined) this.#address(url);
      if (line.startsWith("Waiting")) this.#waiting();
      return "";
    });
    const from = beginOfLine(rest);
    this.#kept = rest.slice(from);
    return Buffer.from(rest.slice(0, from), "latin1");
  }

  /** The process has ended: what was kept is no such line. */
  end(): Uint8Array {
    const rest = Buffer.from(this.#kept, "latin1");
    this.#kept = "";
    return rest;
  }
}

/** Where a line of the inspector may have begun whose end has not come; the text's length if there is none. */
function beginOfLine(text: string): number {
  const last = Math.max(text.lastIndexOf("\n") + 1, text.length - longest);
  for (let at = last; at < text.length; at++) {
    const rest = text.slice(at);
    if (heads.some((head) => (rest.length < head.length ? head.startsWith(rest) : rest.startsWith(head)))) return at;
  }
  return text.length;
}
