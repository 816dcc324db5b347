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
 * `version` rises with what is added; what is there stays.
 */
export interface PolyprocApi {
  readonly version: 1;
  /** Where the window's server listens, `unix:PATH`; whether it runs or not, and the same for as long as the window lives. */
  readonly address: string;
  /**
   * A session of the caller's own, with the classes of the TypeScript binding: `new client.Pool()`, `new client.Lock({ name })`. Starts the server when
   * there is none; close it when done. Rejects with an error for the user, such as that the workspace is not trusted. `name`: what the session is called
   * in the side bar; default "another extension".
   */
  connect(options?: { name?: string | undefined }): Promise<Client>;
  /** Runs a target over items, shown as any run of the user's. It goes on when the window closes. Rejects with TypeError for what is no request. */
  run(request: Omit<RunRequest, "origin">): Promise<Run>;
  readonly runs: Runs;
  /** Processes, pools, locks … of the server, kept up to date. */
  readonly model: Model;
  /** The window's connection: `ensure()` for requests of the protocol. */
  readonly server: Server;
  /** What activation took, in milliseconds. */
  readonly activationMs: number;
}
