import type { RunEntry, RunInfo } from "../../protocol/run.js";
import { RawClient } from "../server/clients.js";
import type { Stage } from "./stage.js";

/** A client that knows runs, and nothing of the binding: its values are JSON. */
export class RunReader {
  readonly client: RawClient;
  readonly session: string;
  #runs = 1;

  private constructor(client: RawClient, session: string) {
    this.client = client;
    this.session = session;
  }

  static async open(stage: Pick<Stage, "address">): Promise<RunReader> {
    const client = await RawClient.connect(stage.address.slice("unix:".length), "json");
    const { result } = await client.request("initialize", {});
    return new RunReader(client, result.session as string);
  }

  /** Starts a run; fails with the server's words. */
  async start(spec: object): Promise<RunInfo> {
    const { run } = await this.ask<{ run: RunInfo }>("run/start", {
      run: `run:${this.session}.${this.#runs++}`,
      ...spec,
    });
    return run;
  }

  /** `timeoutMs`: for what waits for much work. */
  async ask<R>(method: string, params: object, timeoutMs?: number): Promise<R> {
    const { result, error } = await this.client.request(method, params, undefined, timeoutMs);
    if (error) throw new Error(`${method}: ${error.message}`);
    return result as R;
  }

  /** The latest of every item, when the run has ended. `limit`: of each answer. */
  async readAll(run: string, limit?: number): Promise<Map<number, RunEntry>> {
    const items = new Map<number, RunEntry>();
    for (let since = 0; ;) {
      const { entries, next, ended } = await this.ask<{ entries: RunEntry[]; next: number; ended: boolean }>(
        "run/read",
        { run, since, ...(limit === undefined ? {} : { limit }) },
      );
      for (const entry of entries) items.set(entry.index, entry);
      since = next;
      if (ended) return items;
    }
  }

  status(run: string): Promise<RunInfo> {
    return this.ask("run/status", { run });
  }

  close(): void {
    this.client.close();
  }
}
