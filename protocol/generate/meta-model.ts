import { errorCodes, generalErrors } from "../errors.js";
import { isRequest } from "../methods.js";
import { handleKinds } from "../schema.js";
import { protocolVersion } from "../version.js";
import { docsOf } from "./doc-comments.js";
import { definitionName, errorNames, messageSources, structures, type MessageSource } from "./sources.js";

/** The messages in the order in which the files declare them. */
export const orderedMessages: readonly MessageSource[] = [
  ...new Set(messageSources.map((source) => source.area)),
].flatMap((area) =>
  messageSources
    .filter((source) => source.area === area)
    .sort((a, b) => docsOf(a.area, a.constant).order - docsOf(b.area, b.constant).order),
);

/** What a generator of bindings needs to know; shapes are in schema.json. */
export function buildMetaModel() {
  return {
    version: protocolVersion,
    areas: [...new Set(orderedMessages.map((source) => source.area))],
    handleKinds,
    requests: orderedMessages.flatMap(({ message, area }) => {
      if (!isRequest(message)) return [];
      return [{ ...common(message, area), result: reference(message.method, "Result"), errors: message.errors }];
    }),
    notifications: orderedMessages.flatMap(({ message, area }) => (isRequest(message) ? [] : [common(message, area)])),
    structures: structures.map((structure) => structure.name),
    generalErrors,
    errors: errorNames.map((name) => ({ name, code: errorCodes[name], documentation: errorDoc(name) })),
  };
}

export function errorDoc(name: string): string {
  return docsOf("errors", "errorCodes").members.get(name) ?? "";
}

function common(message: MessageSource["message"], area: string) {
  return {
    method: message.method,
    area,
    direction: message.direction,
    since: message.since,
    documentation: message.doc,
    params: reference(message.method, "Params"),
  };
}

function reference(method: string, part: "Params" | "Result") {
  return { $ref: `schema.json#/$defs/${definitionName(method)}${part}` };
}
