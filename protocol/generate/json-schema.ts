import { toJsonSchema, type ConversionConfig, type JsonSchema } from "@valibot/to-json-schema";
import type * as v from "valibot";
import { isRequest } from "../methods.js";
import { protocolVersion } from "../version.js";
import { docsOf } from "./doc-comments.js";
import { definitionName, messageSources, structures } from "./sources.js";
import { valueDefinitions } from "./value-definitions.js";

export type Schema = JsonSchema;

const structureNames = new Map(structures.map((structure) => [structure.schema, structure.name]));

/** Members that mean the same everywhere and have no comment of their own. */
const commonDocs: ReadonlyMap<string, string> = new Map([
  ["timeoutMs", "Milliseconds, fractions allowed. Absent or null: no limit."],
  ["graceMs", "Milliseconds, fractions allowed. Absent or null: the default."],
  ["owner", 'Thread or task inside the session that asks. Default `""`.'],
]);

/** JSON Schema of every message, structure and form of value, as JSON peers see them. */
export function buildJsonSchema(): { $defs: Record<string, Schema> } & Record<string, unknown> {
  const $defs: Record<string, Schema> = { ...valueDefinitions };
  for (const { name, schema, module, constant } of structures) {
    const docs = docsOf(module, constant);
    $defs[name] = documented(convert(schema, true), docs.members, docs.text);
  }
  for (const { message, area, constant } of messageSources) {
    const docs = docsOf(area, constant);
    const name = definitionName(message.method);
    $defs[`${name}Params`] = documented(convert(message.params), docs.members);
    if (isRequest(message)) $defs[`${name}Result`] = documented(convert(message.result), docs.resultMembers);
  }
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: `Polyproc protocol ${protocolVersion}`,
    description:
      "Parameters and results of every message in their JSON form. Made from protocol/*.ts by `npm run generate`.",
    $defs,
  };
}

function convert(schema: object, itself = false): Schema {
  const config: ConversionConfig = {
    target: "draft-2020-12",
    typeMode: "input",
    ignoreActions: ["finite", "metadata"],
    errorMode: "throw",
    overrideSchema: ({ valibotSchema }) => {
      // The library takes a pipe apart before it asks; the one custom schema of the protocol is the head of
      // `payload()`.
      if (valibotSchema.type === "custom") return { $ref: "#/$defs/Payload" };
      if (valibotSchema.type === "instance") return { $ref: "#/$defs/Bytes" };
      const name = structureNames.get(valibotSchema);
      if (name !== undefined && !(itself && valibotSchema === schema)) return { $ref: `#/$defs/${name}` };
      return undefined;
    },
  };
  const { $schema: _, ...converted } = toJsonSchema(schema as v.GenericSchema, config);
  return converted;
}

/**
 * Adds the comments to the members: those of the outermost object first, so that an inner member of the same name stays
 * bare.
 */
function documented(schema: Schema, docs: ReadonlyMap<string, string>, text?: string): Schema {
  const open = new Map(docs);
  const result = text === undefined ? schema : { description: text, ...schema };
  addDocs(result, open);
  return result;
}

function addDocs(schema: Schema, docs: Map<string, string>): void {
  const members = Object.entries(schema.properties ?? {}).filter(
    (entry): entry is [string, Schema] => typeof entry[1] === "object",
  );
  for (const [key, member] of members) {
    const doc = docs.get(key) ?? commonDocs.get(key);
    if (doc !== undefined) member.description = doc;
    docs.delete(key);
  }
  const inner = [
    ...members.map(([, member]) => member),
    schema.items,
    schema.additionalProperties,
    ...(schema.anyOf ?? []),
    ...(schema.oneOf ?? []),
  ];
  for (const part of inner) if (typeof part === "object" && !Array.isArray(part)) addDocs(part as Schema, docs);
}
