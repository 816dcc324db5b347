import type { RequestResult } from "../../bindings/typescript/session/methods.js";
import type { Disposable } from "../connection/rpc.js";

export type HostList = RequestResult<"cluster/hosts">;

/** `none`: no cluster is set, or no server runs that could ask it. `message`: why it does not answer. */
export type HostsState = { kind: "none" } | { kind: "failed"; message: string } | { kind: "known"; list: HostList };

/** The part of a session that is used here. */
export interface HostsAsker {
  request(method: "cluster/hosts", params: { cluster: string }): Promise<HostList>;
}

export interface HostsLinkParts {
  /** The address that the setting gives; empty: there is none. */
  cluster: () => string;
  /** The window's server if one runs. */
  attach: () => Promise<HostsAsker | null>;
  /** Milliseconds between two looks. Default 3000. */
  lookMs?: number;
}

/** The hosts of the cluster, which the window's server asks for while a caller follows them. */
export class HostsLink {
  readonly #parts: HostsLinkParts;
  readonly #listeners = new Set<() => void>();
  #state: HostsState = { kind: "none" };
  #following: AbortController | null = null;
  /** Ends the pause between two looks. */
  #wake: () => void = () => {};

  constructor(parts: HostsLinkParts) {
    this.#parts = parts;
  }

  get state(): HostsState {
    return this.#state;
  }

  onDidChange(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { dispose: () => void this.#listeners.delete(listener) };
  }

  /** Keeps `state` up to date until disposed. */
  follow(): Disposable {
    this.#following?.abort();
    const following = (this.#following = new AbortController());
    void this.#follow(following.signal);
    return {
      dispose: () => {
        following.abort();
        this.#wake();
      },
    };
  }

  /** Something changed: a follower looks again at once. */
  look(): void {
    this.#wake();
  }

  async #follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const state = await this.#ask();
      if (signal.aborted) return;
      this.#state = state;
      for (const listener of [...this.#listeners]) listener();
      await this.#pause(signal);
    }
  }

  async #ask(): Promise<HostsState> {
    const cluster = this.#parts.cluster();
    if (cluster === "") return { kind: "none" };
    try {
      const rpc = await this.#parts.attach();
      return rpc ? { kind: "known", list: await rpc.request("cluster/hosts", { cluster }) } : { kind: "none" };
    } catch (error) {
      return { kind: "failed", message: error instanceof Error ? error.message : String(error) };
    }
  }

  #pause(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.#parts.lookMs ?? 3000);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
