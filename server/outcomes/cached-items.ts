import { fileURLToPath } from "node:url";
import { ItemCache, textsIn, type CacheItem } from "../../cache/item-cache.js";
import { bytesToText } from "../../protocol/escaped-text.js";
import type { CommandResult } from "../../protocol/target.js";
import { jsonToPayload, payloadToJson } from "../../protocol/values.js";
import { payloadData } from "../../protocol/payload.js";
import { fillItem } from "../engine/processes/command-line.js";
import type { RunLine } from "../engine/runs/run-output.js";
import { payloadCodec } from "../payload-codec.js";
import type { CachedRun, KeptOutcome, Looked } from "./messages.js";

/** Values that mean something only in this server, or only to programs that trust their sender. */
const bound = /"\$(?:handle|blob)":/;
const droppedText = "the run was cancelled";
/** Most characters of a command's output that are replayed: a run keeps as much of an item's output. */
const maxLines = 64 * 1024;

/** The items of one run, and the outcomes that are kept of them. Waits for the file system. */
export class CachedItems {
  readonly #run: CachedRun;
  readonly #cache: ItemCache | null;
  /** Why there is no cache. */
  readonly #fault: string | null = null;

  constructor(run: CachedRun, onProgress: () => void) {
    this.#run = run;
    const { folder, maxBytes, target, cwd, inputs } = run;
    const isCommand = "command" in target;
    const module = isCommand ? "" : pathOf(target.module);
    const what = isCommand
      ? [target.command, ...(target.args ?? [])]
      : [module, target.export ?? "default", target.interpreter ?? "", ...(target.runtime ? [target.runtime] : [])];
    try {
      this.#cache = new ItemCache({
        folder,
        maxBytes,
        cwd,
        what: JSON.stringify(what),
        code: isCommand ? { program: target.command } : { module },
        // A command's may depend on the item.
        variables: isCommand ? [] : run.variables.map((name) => [name, variableIn(run.env, name)]),
        inputs,
        onProgress: () => {
          onProgress();
          if (this.#isDropped) throw new Error(droppedText);
        },
      });
    } catch (error) {
      this.#cache = null;
      this.#fault = (error as Error).message;
    }
  }

  look(index: number, item: Uint8Array): Looked {
    if (this.#isDropped) return { why: droppedText };
    if (!this.#cache) return { why: this.#fault };
    const asked = this.#asCacheItem(index, item);
    if (typeof asked === "string") return { why: asked };
    const looked = this.#cache.look(index, asked);
    if ("why" in looked) return looked;
    const { value, ms, lines = [] } = looked.found;
    try {
      if (bound.test(JSON.stringify(value))) throw new Error("its outcome has a value that is not replayed");
      const written = asked.command ? linesOf(value as Partial<CommandResult>) : lines;
      return { value: payloadData(jsonToPayload(value)), ms, lines: written.filter(isLine) };
    } catch (error) {
      return { why: (error as Error).message };
    }
  }

  /** If it cannot be kept, nothing happens. */
  keep(index: number, item: Uint8Array, { value: payload, ms, lines }: KeptOutcome): void {
    const asked = this.#asCacheItem(index, item);
    if (typeof asked === "string") return;
    const value = payloadToJson(payload);
    if (!isWhole(value, asked.command !== null)) return;
    this.#cache?.keep(index, asked, { value, ms, ...(asked.command || lines.length === 0 ? {} : { lines }) });
  }

  /** The run was cancelled. This ends the reading of a large file, which would hold up other runs. */
  get #isDropped(): boolean {
    return Atomics.load(this.#run.isDropped, 0) !== 0;
  }

  close(): void {
    this.#cache?.close();
  }

  /** A text: why it is not in the cache. */
  #asCacheItem(index: number, payload: Uint8Array): CacheItem | string {
    const { target, variables } = this.#run;
    try {
      const value = payloadToJson(payload);
      if (bound.test(JSON.stringify(value))) return "the item has a value that means something here and now only";
      if (!("command" in target)) return { value, texts: textsIn(value), command: null };
      const decoded = payloadCodec.decode(payload);
      const { command, args, cwd, env = {}, input } = fillItem(target, decoded, index);
      const more: Record<string, string> = {};
      for (const name of variables) more[`$${name}`] = variableIn(env, name) ?? "\0removed";
      if (target.inputItem) more["standard input"] = "the item";
      else if (input !== undefined) more["standard input"] = JSON.stringify(input);
      if (target.check === false) more["exit codes"] = "any";
      return {
        value,
        texts: decoded instanceof Uint8Array ? [bytesToText(decoded)] : textsIn(value),
        command: [command, ...args],
        ...(cwd === undefined ? {} : { cwd }),
        more,
      };
    } catch (error) {
      return (error as Error).message;
    }
  }
}

/** The variable as a worker or command sees it. Null: it has none. */
function variableIn(changes: Readonly<Record<string, string | null>>, name: string): string | null {
  return name in changes ? changes[name]! : (process.env[name] ?? null);
}

function pathOf(module: string): string {
  return module.startsWith("file:") ? fileURLToPath(module) : module;
}

/** Whether the result says all that another program would get of it. */
function isWhole(value: unknown, isCommand: boolean): boolean {
  if (bound.test(JSON.stringify(value))) return false;
  if (!isCommand) return true;
  const { stdout = "", stderr = "", truncated, stdoutFile, stderrFile } = value as Partial<CommandResult>;
  // Output that is not UTF-8 was changed. In the command line's cache it is whole.
  return !truncated && stdoutFile === undefined && stderrFile === undefined && !`${stdout}${stderr}`.includes("\uFFFD");
}

/** The end of what a command wrote. Which lines of the two streams came first is not known. */
function linesOf({ stdout = "", stderr = "" }: Partial<CommandResult>): RunLine[] {
  return [...streamLines("stdout", stdout), ...streamLines("stderr", stderr)];
}

function streamLines(stream: RunLine["stream"], text: string): RunLine[] {
  if (text === "") return [];
  const end = text.slice(-maxLines);
  const lines = end.replace(/\n$/, "").split("\n");
  return lines.map((line) => ({ stream, text: line.replace(/\r$/, "") }));
}

/** Another program may have written the file. */
function isLine({ stream, text }: RunLine): boolean {
  return (stream === "stdout" || stream === "stderr") && typeof text === "string";
}
