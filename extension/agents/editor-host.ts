import { isAbsolute } from "node:path";
import type { StartRequest, ToolHost } from "../../agents/tool.js";
import { realModulePath } from "../../bindings/typescript/processes/real-module-path.js";
import type { RequestName, RequestParams, RequestResult } from "../../bindings/typescript/session/methods.js";
import type { Payload } from "../../protocol/payload.js";
import { payloadToJson } from "../../protocol/values.js";
import { fileItem, workspaceFolders } from "../items/file-item.js";
import { findFiles } from "../items/find-files.js";
import type { Parts } from "../parts.js";
import type { RunItem } from "../runs/run.js";

/** The tools' host in the editor: its runs appear in the results panel and in the side bar, as all others do. */
export class EditorHost implements ToolHost {
  readonly #parts: Pick<Parts, "server" | "runs">;

  constructor(parts: Pick<Parts, "server" | "runs">) {
    this.#parts = parts;
  }

  get folder(): string {
    const [first] = workspaceFolders();
    if (!first) throw new Error("no folder is open, and commands and functions run in one: ask the user to open one");
    return first.path;
  }

  async request<M extends RequestName>(
    method: M,
    params: RequestParams<M>,
    signal?: AbortSignal,
  ): Promise<RequestResult<M>> {
    return (await this.#parts.server.ensure()).request(method, params, signal);
  }

  async start({ name, target, cwd, items, processes, retries, timeoutMs }: StartRequest): Promise<string> {
    const options = { processes, retries, timeoutMs };
    const run = await this.#parts.runs.start({ name, target, cwd, items: items.map(itemOf), options, origin: "api" });
    return run.id;
  }

  async startAgain(earlier: string, indexes: readonly number[]): Promise<string> {
    const run = this.#parts.runs.all.find(({ id }) => id === earlier);
    if (!run) throw new Error(`this window has no run ${earlier}; polyproc_runs lists them`);
    return (await this.#parts.runs.again(run, indexes)).id;
  }

  findFiles(patterns: readonly string[]): Promise<string[]> {
    return findFiles(patterns, []);
  }

  async realPath(path: string): Promise<string> {
    return realModulePath(path, this.folder);
  }

  decode(payload: Payload): unknown {
    return payloadToJson(payload);
  }
}

/** An absolute path becomes a file item. Other values stay as they are. */
function itemOf(value: unknown): RunItem {
  if (typeof value === "string" && isAbsolute(value)) return fileItem(value, workspaceFolders());
  return { value, label: typeof value === "string" ? value : (JSON.stringify(value) ?? "null"), file: null };
}
