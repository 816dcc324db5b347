import { handleKinds } from "../schema.js";
import type { Schema } from "./json-schema.js";

/**
 * A schema as a reader of SPEC.md sees it: `integer ≥ 1`, `lock or rlock handle`, `array of [OutputLine](#outputline)`.
 */
export function typeText(schema: Schema): string {
  if (schema.$ref !== undefined) return referenceText(schema.$ref.slice("#/$defs/".length));
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (alternatives) return alternatives.map((part) => typeText(asSchema(part))).join(" or ");
  if (schema.const !== undefined) return code(JSON.stringify(schema.const));
  if (schema.enum) return schema.enum.map((value) => code(JSON.stringify(value))).join(" or ");
  switch (schema.type) {
    case "string":
      return stringText(schema);
    case "integer":
    case "number":
      return numberText(schema);
    case "array":
      return `array of ${typeText(asSchema(schema.items))}${schema.minItems === 1 ? ", not empty" : ""}`;
    case "object":
      return objectText(schema);
    case "boolean":
    case "null":
      return schema.type;
    default:
      return "any JSON value";
  }
}

/** Whether it is an object whose members deserve a table. */
export function hasMembers(schema: Schema): boolean {
  return schema.type === "object" && Object.keys(schema.properties ?? {}).length > 0;
}

export function asSchema(part: unknown): Schema {
  return typeof part === "object" && part !== null && !Array.isArray(part) ? part : {};
}

function referenceText(name: string): string {
  if (name === "Payload" || name === "Bytes") return name.toLowerCase();
  return `[${name}](#${name.toLowerCase()})`;
}

function stringText(schema: Schema): string {
  const kinds = /^\^\(\?:([a-z|]+)\):/.exec(schema.pattern ?? "")?.[1]?.split("|");
  if (kinds) return kinds.length === handleKinds.length ? "handle of any kind" : `${kinds.join(" or ")} handle`;
  if (schema.maxLength !== undefined) return `string of up to ${schema.maxLength} characters`;
  return schema.minLength === 1 ? "string, not empty" : "string";
}

function numberText(schema: Schema): string {
  const name = schema.type === "integer" ? "integer" : "number";
  const bounded = schema.maximum !== undefined && schema.maximum < Number.MAX_SAFE_INTEGER;
  if (bounded) return `${name} ${schema.minimum} … ${schema.maximum}`;
  return schema.minimum !== undefined && schema.minimum > Number.MIN_SAFE_INTEGER
    ? `${name} ≥ ${schema.minimum}`
    : name;
}

function objectText(schema: Schema): string {
  const members = Object.entries(schema.properties ?? {});
  if (members.length === 0) {
    const values = schema.additionalProperties;
    return typeof values === "object" && Object.keys(values).length > 0
      ? `object of ${typeText(values as Schema)}`
      : "object";
  }
  const required = new Set(schema.required ?? []);
  const texts = members.map(
    ([key, member]) => `${code(key + (required.has(key) ? "" : "?"))}: ${typeText(asSchema(member))}`,
  );
  return `{ ${texts.join(", ")} }`;
}

function code(text: string): string {
  return `\`${text}\``;
}
