import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../fixture.js";

/** The part of JSON Schema that `protocol/generated/schema.json` uses. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema | boolean;
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
}

interface MetaRequest {
  method: string;
  direction: string;
  params: { $ref: string };
}

const read = (name: string) =>
  JSON.parse(readFileSync(join(root, "protocol", "generated", name), "utf8")) as Record<string, unknown>;

export const definitions = read("schema.json")["$defs"] as Record<string, Schema>;

const metaModel = read("metaModel.json") as unknown as { requests: MetaRequest[]; notifications: MetaRequest[] };

/** Ends the server, or the session before the others are done with it; or belongs to the beginning of a session. */
const left = new Set(["server/stop", "shutdown", "exit", "initialize"]);

export interface Message {
  method: string;
  isRequest: boolean;
  params: Schema;
}

/** What a client may send. */
export const clientMessages: readonly Message[] = [
  ...metaModel.requests.map((request) => ({ ...request, isRequest: true })),
  ...metaModel.notifications.map((notification) => ({ ...notification, isRequest: false })),
]
  .filter(({ method, direction }) => direction === "clientToServer" && !left.has(method))
  .map(({ method, isRequest, params }) => ({ method, isRequest, params: resolve(params) }));

/** What a worker host may send besides. */
export const workerMessages: readonly Message[] = metaModel.notifications
  .filter(({ direction }) => direction === "workerToServer")
  .map(({ method, params }) => ({ method, isRequest: false, params: resolve(params) }));

/** The definition that a reference names. */
export function resolve(schema: Schema): Schema {
  return schema.$ref === undefined ? schema : definitions[nameOf(schema)!]!;
}

/** `Payload` for `#/$defs/Payload`; null when it is no reference. */
export function nameOf(schema: Schema): string | null {
  return schema.$ref === undefined ? null : schema.$ref.slice(schema.$ref.lastIndexOf("/") + 1);
}

/** The kinds of object that a handle of this pattern may be of; null when it is the pattern of something else. */
export function handleKinds(pattern: string): string[] | null {
  return /^\^\(\?:([a-z|]+)\):/.exec(pattern)?.[1]?.split("|") ?? null;
}
