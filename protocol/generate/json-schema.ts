import { toJsonSchema, type ConversionConfig, type JsonSchema } from "@valibot/to-json-schema";
import type * as v from "valibot";
import { isRequest } from "../methods.js";
import { protocolVersion } from "../version.js";
import { commonDocs, docsByPlace } from "./common-docs.js";
import { docsOf } from "./doc-comments.js";
import { definitionName, messageSources, structures } from "./sources.js";
import { valueDefinitions } from "./value-definitions.js";

export type Schema = JsonSchema;

const structureNames = new Map(structures.map((structure) => [structure.schema, structure.name]));

/** JSON Schema of every message, structure and form of value, as JSON peers see them. */
export function buildJsonSchema(): { $defs: Record<string, Schema> } & Record<string, unknown> {
  const $defs: Record<string, Schema> = {};
  for (const [name, schema] of Object.entries(valueDefinitions))
    $defs[name] = documented(name, structuredClone(schema), new Map());
  for (const { name, schema, module, constant } of structures) {
    const docs = docsOf(module, constant);
    $defs[name] = documented(name, convert(schema, true), docs.members, docs.text);
  }
  for (const { message, area, constant } of messageSources) {
    const docs = docsOf(area, constant);
    const name = definitionName(message.method);
    $defs[`${name}Params`] = documented(`${name}Params`, convert(message.params), docs.members);
    if (isRequest(message))
      $defs[`${name}Result`] = documented(`${name}Result`, convert(message.result), docs.resultMembers);
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
 * Adds the descriptions to the members: the comments beside their declarations, else the texts of common-docs.ts.
 * Comments go to the members of the outermost object first, so that an inner member of the same name stays bare.
 */
function documented(name: string, schema: Schema, docs: ReadonlyMap<string, string>, text?: string): Schema {
  const open = new Map(docs);
  const result = text === undefined ? schema : { description: text, ...schema };
  addDocs(name, result, open);
  return result;
}

function addDocs(place: string, schema: Schema, docs: Map<string, string>): void {
  const members = Object.entries(schema.properties ?? {}).filter(
    (entry): entry is [string, Schema] => typeof entry[1] === "object",
  );
  for (const [key, member] of members) {
    const doc = docs.get(key) ?? docsByPlace.get(`${place}.${key}`) ?? commonDocs.get(key);
    if (doc !== undefined) member.description = doc;
    docs.delete(key);
  }
  for (const [key, member] of members) addInner(`${place}.${key}`, member, docs);
  addInner(place, { ...schema, properties: {} }, docs);
}

/** The members inside of arrays, alternatives and members. */
function addInner(place: string, schema: Schema, docs: Map<string, string>): void {
  if (schema.properties && Object.keys(schema.properties).length > 0) return addDocs(place, schema, docs);
  const parts = [schema.items, schema.additionalProperties, ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  for (const part of parts) if (typeof part === "object" && !Array.isArray(part)) addInner(place, part as Schema, docs);
}
