import { fileURLToPath } from "node:url";
import * as errors from "../errors.js";
import type { Message } from "../message.js";
import { areas } from "../methods.js";
import * as stack from "../stack.js";
import * as target from "../target.js";

/** The folder `protocol/` of the checkout; this file runs from `dist/protocol/generate/`. */
export const protocolFolder = fileURLToPath(new URL("../../../protocol/", import.meta.url));

/** A schema that has a name of its own in the documents. */
export interface Structure {
  /** `ProcessInfo`. */
  name: string;
  schema: object;
  /** File of `protocol/` without its ending, and the constant in it. */
  module: string;
  constant: string;
}

/** Where a message is declared. */
export interface MessageSource {
  message: Message;
  area: string;
  constant: string;
}

/** Names that would be too general outside their file. */
const names: Record<string, string> = {
  "events/event": "StateEvent",
  "events/topic": "Topic",
  "worker/task": "WorkerTask",
  "worker/identity": "WorkerIdentity",
  "worker/hostTarget": "WorkerTarget",
  "process/usage": "ProcessUsage",
  "pool/outcome": "MapOutcome",
};

function isMessage(value: unknown): value is Message {
  return typeof value === "object" && value !== null && "method" in value && "direction" in value;
}

function isSchema(value: unknown): value is object {
  return typeof value === "object" && value !== null && (value as { kind?: unknown }).kind === "schema";
}

const modules: Record<string, Record<string, unknown>> = { ...areas, stack, target };

export const structures: readonly Structure[] = Object.entries(modules).flatMap(([module, exported]) =>
  Object.entries(exported)
    .filter(([, value]) => isSchema(value))
    .map(([constant, value]) => ({
      name: names[`${module}/${constant}`] ?? upperFirst(constant),
      schema: value as object,
      module,
      constant,
    })),
);

export const messageSources: readonly MessageSource[] = Object.entries(areas).flatMap(([area, exported]) =>
  Object.entries(exported)
    .filter((entry): entry is [string, Message] => isMessage(entry[1]))
    .map(([constant, message]) => ({ message, area, constant })),
);

/** `lock/acquire` → `LockAcquire`, `$/progress` → `Progress`: the beginning of the names of its definitions. */
export function definitionName(method: string): string {
  return method
    .split("/")
    .map((part) => upperFirst(part.replace("$", "")))
    .join("");
}

export const errorNames = Object.keys(errors.errorCodes) as errors.ErrorName[];

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
