import { WebSocketClient } from "./web-socket.js";

interface Evaluated {
  result?: { value?: unknown };
  exceptionDetails?: { text?: string };
}

/** A connection to the inspector of a Node process. */
export class Inspector {
  #socket: WebSocketClient | null = null;
  #nextId = 1;
  readonly #pending = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  #closed: Error | null = null;

  /** The signal closes it: a process that exits waits until every connection is closed. */
  static async open(url: string, timeoutMs: number, signal: AbortSignal): Promise<Inspector> {
    const inspector = new Inspector();
    inspector.#socket = await WebSocketClient.open(
      new URL(url),
      { message: (text) => inspector.#received(text), closed: () => inspector.#end() },
      timeoutMs,
    );
    if (signal.aborted) inspector.close();
    signal.addEventListener("abort", () => inspector.close());
    return inspector;
  }

  /** Evaluates in the process, between two steps of what it runs. Null if it gave no text in time. */
  async evaluate(expression: string, timeoutMs: number): Promise<string | null> {
    const id = this.#nextId++;
    let timer: NodeJS.Timeout | undefined;
    const answered = new Promise<unknown>((resolve, reject) => {
      if (this.#closed) return reject(this.#closed);
      this.#pending.set(id, { resolve, reject });
      timer = setTimeout(() => resolve(null), timeoutMs);
      this.#socket!.send(
        JSON.stringify({ id, method: "Runtime.evaluate", params: { expression, returnByValue: true, silent: true } }),
      );
    });
    try {
      const value = ((await answered) as Evaluated | null)?.result?.value;
      return typeof value === "string" ? value : null;
    } finally {
      clearTimeout(timer);
      this.#pending.delete(id);
    }
  }

  close(): void {
    this.#socket?.close();
  }

  /** The process closes the connection at some time. Until then this server does not wait for it. */
  leave(): void {
    this.#socket?.unref();
  }

  #received(text: string): void {
    let message: { id?: unknown; result?: unknown };
    try {
      message = JSON.parse(text) as typeof message;
    } catch {
      return this.close();
    }
    if (typeof message?.id === "number") this.#pending.get(message.id)?.resolve(message.result ?? null);
  }

  #end(): void {
    this.#closed ??= new Error("its inspector has closed");
    for (const { reject } of this.#pending.values()) reject(this.#closed);
    this.#pending.clear();
  }
}
