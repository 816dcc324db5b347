import { glob } from "tinyglobby";
import type { StartRequest, ToolHost } from "../agents/tool.js";
import { realModulePath } from "../bindings/typescript/processes/real-module-path.js";
import type { Connection } from "../bindings/typescript/session/connection.js";
import type { RequestName, RequestParams, RequestResult } from "../bindings/typescript/session/methods.js";
import { jsonToPayload, payloadToJson } from "../protocol/values.js";
import type { Payload } from "../protocol/payload.js";

/** The tools' host over a server, to which it connects at the first request. */
export class ServerHost implements ToolHost {
  readonly folder = process.cwd();
  readonly #connect: () => Promise<Connection>;
  #connection: Promise<Connection> | null = null;

  constructor(connect: () => Promise<Connection>) {
    this.#connect = connect;
  }

  async request<M extends RequestName>(
    method: M,
    params: RequestParams<M>,
    signal?: AbortSignal,
  ): Promise<RequestResult<M>> {
    const connection = await this.#open();
    return connection.request(method, params, signal ? { signal } : {});
  }

  async start({ name, target, cwd, items, processes, retries, timeoutMs }: StartRequest): Promise<string> {
    const connection = await this.#open();
    const run = connection.mint("run");
    await connection.request("run/start", {
      run,
      name: name.slice(0, 200),
      target,
      cwd,
      items: items.map(jsonToPayload),
      processes,
      retries,
      timeoutMs: timeoutMs ?? null,
    });
    return run;
  }

  async startAgain(earlier: string, indexes: readonly number[]): Promise<string> {
    const connection = await this.#open();
    const { items, origin: _, meta: __, ...spec } = await connection.request("run/spec", { run: earlier });
    const run = connection.mint("run");
    await connection.request("run/start", { ...spec, run, items: indexes.map((index) => items[index]!) });
    return run;
  }

  async findFiles(patterns: readonly string[]): Promise<string[]> {
    return (await glob([...patterns], { cwd: this.folder, absolute: true, onlyFiles: true })).sort();
  }

  async realPath(path: string): Promise<string> {
    return realModulePath(path, this.folder);
  }

  decode(payload: Payload): unknown {
    return payloadToJson(payload);
  }

  async close(): Promise<void> {
    const connection = await this.#connection?.catch(() => null);
    await connection?.close();
  }

  /** After the end of a connection the next request makes another. */
  #open(): Promise<Connection> {
    if (this.#connection) return this.#connection;
    const forget = () => (this.#connection = null);
    const opening = (this.#connection = this.#connect());
    opening.then((connection) => void connection.closed.then(forget), forget);
    return opening;
  }
}
