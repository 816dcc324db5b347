import type { StackReading, StackSource } from "../../../protocol/stack.js";
import { InspectorLines } from "./inspector-lines.js";
import { catches, hasEnded, kernelState } from "./kernel-state.js";
import { closeNodeInspector, readNodeStack } from "./node-stack.js";
import { readPythonStack } from "./python-stack.js";

/** Milliseconds until a process has opened its inspector. A busy one needs some; a blocked one opens it later. */
const openMs = 4000;
/**
 * Options of Node for a host: the inspector, which only a signal opens, takes a port that the system chooses, and tells
 * its unpredictable address to this server alone, by stderr.
 */
export const inspectorOptions = ["--inspect-port=127.0.0.1:0", "--inspect-publish-uid=stderr"] as const;

/** Whether the user wants a debugger at the host: it finds the inspector by the port and list that users know. */
export function isForDebugger(execArgv: readonly string[], env: NodeJS.ProcessEnv): boolean {
  return (
    env["POLYPROC_DEBUG"] !== undefined ||
    [...execArgv, env["NODE_OPTIONS"] ?? ""].some((options) => /(?:^|\s)--(?:inspect|debug-port)/.test(options))
  );
}

/** Reads where a host is. One reading at a time: who asks during it gets the same. */
export class HostStack {
  readonly #mainModule: string;
  #lines: InspectorLines | null = null;
  #reading: Promise<StackReading> | null = null;
  #opened: ((url: string) => void) | null = null;
  #debugged = false;
  /** Aborted when the process exits and waits for connections to its inspector to be closed. */
  readonly #exiting = new AbortController();
  #ended: () => void = () => {};
  /** Rejects when the process has ended. */
  readonly #end = new Promise<never>((_, reject) => {
    this.#ended = () => reject(new Error("it has ended"));
  });

  constructor(mainModule: string) {
    this.#mainModule = mainModule;
    this.#end.catch(() => {});
  }

  /** Its inspector belongs to a debugger. */
  leaveToDebugger(): void {
    this.#debugged = true;
  }

  /** Rejects with the reason if it cannot be read. */
  read(pid: number, source: StackSource): Promise<StackReading> {
    this.#reading ??= Promise.race([
      source.by === "inspector"
        ? this.#readNode(pid)
        : readPythonStack(pid, source.fd, (name) => process.kill(pid, name)),
      this.#end,
    ])
      .catch((error: unknown) => {
        // Its end may show in other ways before this server is told of it.
        throw hasEnded(pid) ? new Error("it has ended") : error;
      })
      .finally(() => {
        this.#reading = null;
      });
    return this.#reading;
  }

  /** What the host wrote to stderr, without the words of its inspector. */
  pass(data: Uint8Array): Uint8Array {
    return this.#lines === null ? data : this.#lines.pass(data);
  }

  /** The process has ended. Returns output that was still kept. */
  ended(): Uint8Array {
    this.#ended();
    return this.#lines?.end() ?? new Uint8Array();
  }

  async #readNode(pid: number): Promise<StackReading> {
    if (this.#debugged) throw new Error("it was started for a debugger, which has its inspector: look there");
    if (!catches(pid, "SIGUSR1"))
      throw new Error("it does not listen to SIGUSR1, which opens the inspector of Node (--disable-sigusr1?)");
    this.#lines ??= new InspectorLines(
      (url) => this.#open(url),
      () => this.#exiting.abort(),
    );
    const opened = new Promise<string>((resolve) => {
      this.#opened = resolve;
    });
    process.kill(pid, "SIGUSR1");
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<null>((resolve) => {
      timer = setTimeout(() => resolve(null), openMs);
    });
    const url = await Promise.race([opened, late]);
    clearTimeout(timer);
    this.#opened = null;
    return url === null
      ? { samples: [], note: `it did not answer in time: ${kernelState(pid)}` }
      : readNodeStack(url, this.#mainModule, this.#exiting.signal);
  }

  #open(url: string): void {
    if (this.#opened) this.#opened(url);
    // The reading has given up. The inspector must not stay open.
    else closeNodeInspector(url, this.#exiting.signal).catch(() => {});
  }
}
