import type { Client } from "../bindings/typescript/client.js";
import type { Server } from "./connection/rpc.js";
import type { Model } from "./model/model.js";
import type { Row, Run, RunItem, RunOptions, RunRequest, Runs } from "./runs/run.js";

export type { Model, Row, Run, RunItem, RunOptions, RunRequest, Runs, Server };

/**
 * What `activate` returns, for other extensions, which have this type as `polyproc/vscode`:
 *
 * ```ts
 * const polyproc = await vscode.extensions.getExtension<PolyprocApi>("polyproc.polyproc")?.activate();
 * ```
 *
 * `version` rises when members are added; existing members do not change.
 */
export interface PolyprocApi {
  readonly version: 1;
  /**
   * Where the window's server listens, `unix:PATH`; known before the server runs, and the same while the window lives.
   */
  readonly address: string;
  /**
   * A session of the caller's own, with the classes of the TypeScript binding: `new client.Pool()`,
   * `new client.Lock({ name })`. Starts the server when there is none; close it when done. Rejects with an error for
   * the user, such as that the workspace is not trusted. `name`: what the session is called in the side bar; default
   * "another extension".
   */
  connect(options?: { name?: string | undefined }): Promise<Client>;
  /**
   * Runs a target over items, shown like a run of the user. It continues when the window closes. Rejects with TypeError
   * if the request is malformed.
   */
  run(request: Omit<RunRequest, "origin">): Promise<Run>;
  readonly runs: Runs;
  /** Processes, pools, locks … of the server, kept up to date. */
  readonly model: Model;
  /** The window's connection: `ensure()` for requests of the protocol. */
  readonly server: Server;
  /** Duration of the activation, in milliseconds. */
  readonly activationMs: number;
}
