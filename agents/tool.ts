import type * as v from "valibot";
import type { RequestName, RequestParams, RequestResult } from "../bindings/typescript/session/methods.js";
import type { Failure } from "../protocol/job.js";
import type { Payload } from "../protocol/payload.js";
import type { Target } from "../protocol/target.js";

/** A run to start. */
export interface StartRequest {
  name: string;
  target: Target;
  /** Where functions run. A command's target has its own. */
  cwd: string | undefined;
  items: readonly unknown[];
  processes: number | undefined;
  retries: number | undefined;
  timeoutMs: number | undefined;
}

/** The program that offers the tools: the command line or the editor. */
export interface ToolHost {
  request<M extends RequestName>(method: M, params: RequestParams<M>, signal?: AbortSignal): Promise<RequestResult<M>>;
  /** Starts a run and returns its handle. */
  start(request: StartRequest): Promise<string>;
  /** Starts the run again with these items only. Returns the handle of the new run. */
  startAgain(run: string, indexes: readonly number[]): Promise<string>;
  /** The files that match, as absolute paths. */
  findFiles(patterns: readonly string[]): Promise<string[]>;
  /** The absolute path, with symbolic links resolved. */
  realPath(path: string): Promise<string>;
  /** The folder in which commands and functions run. */
  readonly folder: string;
  /** A value for people and models to read. */
  decode(payload: Payload): unknown;
}

/** What a call would do. A person must allow it before it is done. */
export type Ask =
  | { kind: "command"; words: readonly string[]; count: number }
  | { kind: "module"; file: string; export: string; count: number }
  | { kind: "kill"; what: string };

export interface CallContext {
  /** Fires when the client no longer wants the answer. */
  signal: AbortSignal;
  /** Told how far the call is. */
  progress(done: number, total: number, text: string): void;
}

/** A call whose input was checked. */
export interface Call {
  /** Null: it only reads. */
  ask: Ask | null;
  /** Does it. The value is JSON for the model. */
  run(context: CallContext): Promise<unknown>;
}

export interface Tool {
  readonly name: string;
  readonly title: string;
  /** For the model. */
  readonly description: string;
  readonly readOnly: boolean;
  /** JSON Schema of its input. */
  readonly inputSchema: { type: "object"; properties: Record<string, object>; required?: string[] };
  /** Checks the input and looks up what it names. Throws an Error for the model. */
  prepare(host: ToolHost, input: unknown): Promise<Call>;
}

/** A tool without input that only reads. The value of `read` is JSON for the model. */
export function readingTool(
  about: Pick<Tool, "name" | "title" | "description">,
  read: (host: ToolHost) => Promise<unknown>,
): Tool {
  return {
    ...about,
    readOnly: true,
    inputSchema: { type: "object", properties: {} },
    prepare: (host) => Promise.resolve({ ask: null, run: () => read(host) }),
  };
}

/** A failure as the model gets it. */
export interface FailureText {
  error: string;
  stack?: string;
  stderr?: string;
}

const maxTextLength = 2000;

export function failureText({ message, data }: Failure): FailureText {
  const { stack, stderr } = data ?? {};
  return {
    error: cut(message),
    ...(typeof stack === "string" && stack !== "" ? { stack: cut(stack) } : {}),
    ...(typeof stderr === "string" && stderr !== "" ? { stderr: cutStart(stderr) } : {}),
  };
}

/** Keeps the beginning. */
export function cut(text: string, length = maxTextLength): string {
  return text.length > length ? `${text.slice(0, length)}… (${text.length} characters)` : text;
}

/** Keeps the end. */
function cutStart(text: string): string {
  return text.length > maxTextLength ? `(${text.length} characters) …${text.slice(-maxTextLength)}` : text;
}

/** Any value, cut when it is long. */
export function shortValue(value: unknown): unknown {
  const text = JSON.stringify(value) ?? "null";
  return text.length > maxTextLength ? cut(text) : value;
}

/** The first problem of the input, in words. */
export function inputProblem(issues: readonly v.BaseIssue<unknown>[]): string {
  const [issue] = issues;
  const path = issue?.path?.map(({ key }) => String(key)).join(".") ?? "";
  return `${path === "" ? "the input" : path}: ${issue?.message ?? "is wrong"}`;
}
