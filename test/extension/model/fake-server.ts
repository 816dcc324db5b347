import type { Disposable, Rpc, Server, ServerState } from "../../../extension/connection/rpc.js";

type Listener = (params: never) => void;

/** A server that says what the test has it say. */
export class FakeServer implements Server {
  readonly address = "unix:/fake";
  state: ServerState = { kind: "none" };
  readonly asked: { method: string; params: unknown }[] = [];
  /** What it answers, by method. */
  readonly answers: Record<string, (params: never) => unknown> = { "process/list": () => ({ processes: [] }) };
  readonly #listeners = new Set<(state: ServerState) => void>();
  readonly #notified = new Map<string, Set<Listener>>();

  readonly rpc = {
    facts: { session: "s1" },
    server: { version: "1.0.0", pid: 1 },
    closed: new Promise<void>(() => {}),
    request: async (method: string, params: unknown) => {
      this.asked.push({ method, params });
      const answer = this.answers[method];
      if (!answer) throw new Error(`the fake server was asked for ${method}`);
      return answer(params as never);
    },
    on: (method: string, listener: Listener): Disposable => {
      const listeners = this.#notified.get(method) ?? new Set();
      this.#notified.set(method, listeners.add(listener));
      return { dispose: () => void listeners.delete(listener) };
    },
  } as unknown as Rpc;

  onDidChange(listener: (state: ServerState) => void): Disposable {
    this.#listeners.add(listener);
    return { dispose: () => void this.#listeners.delete(listener) };
  }

  become(state: ServerState): void {
    this.state = state;
    for (const listener of this.#listeners) listener(state);
  }

  connect(): void {
    this.become({ kind: "connected", rpc: { ...this.rpc }, address: this.address });
  }

  notify(method: string, params: unknown): void {
    for (const listener of [...(this.#notified.get(method) ?? [])]) listener(params as never);
  }

  /** How many listen to notifications. */
  get listening(): number {
    return [...this.#notified.values()].reduce((sum, listeners) => sum + listeners.size, 0);
  }

  ensure(): Promise<Rpc> {
    return Promise.resolve(this.rpc);
  }

  attach(): Promise<Rpc | null> {
    return Promise.resolve(null);
  }
}
