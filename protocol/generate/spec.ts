import * as v from "valibot";
import { errorCodes, generalErrors } from "../errors.js";
import { examples } from "../examples/all.js";
import { isRequest } from "../methods.js";
import type { Direction, Message } from "../message.js";
import { buildJsonSchema, type Schema } from "./json-schema.js";
import { errorDoc, orderedMessages } from "./meta-model.js";
import { definitionName, errorNames, structures } from "./sources.js";
import { asSchema, hasMembers, typeText } from "./type-text.js";

const areaTitles: Record<string, string> = {
  lifecycle: "Session and server",
  handle: "Handles",
  process: "Process",
  lock: "Lock and RLock",
  semaphore: "Semaphore and BoundedSemaphore",
  event: "Event",
  condition: "Condition",
  barrier: "Barrier",
  queue: "Queue and JoinableQueue",
  pipe: "Pipe",
  memory: "Shared memory",
  pool: "Pool",
  job: "Job",
  run: "Run",
  batch: "Batch queue",
  cluster: "Cluster",
  events: "Events, output and deadlocks",
  waits: "Waits",
  worker: "Worker host",
};

const directions: Record<Direction, string> = {
  clientToServer: "client → server",
  serverToClient: "server → client",
  workerToServer: "worker → server",
  serverToWorker: "server → worker",
};

const begin = "<!-- generated: begin (npm run generate) -->";
const end = "<!-- generated: end -->";
const contentsBegin = "<!-- contents: begin (npm run generate) -->";
const contentsEnd = "<!-- contents: end -->";

/** SPEC.md with the part between its two marks made anew. */
export function renderSpec(written: string): string {
  const from = written.indexOf(begin);
  const to = written.indexOf(end);
  if (from < 0 || to < from) throw new Error(`protocol/SPEC.md needs a line "${begin}" and, after it, a line "${end}"`);
  return withContents(`${written.slice(0, from + begin.length)}\n\n${generatedPart()}\n${written.slice(to)}`);
}

/** The page with the list of its sections, and of the areas of messages. */
function withContents(page: string): string {
  const from = page.indexOf(contentsBegin);
  const to = page.indexOf(contentsEnd);
  if (from < 0 || to < from)
    throw new Error(`protocol/SPEC.md needs a line "${contentsBegin}" and then "${contentsEnd}"`);
  const seen = new Map<string, number>();
  const list = [...page.replaceAll(/```[\s\S]*?```/g, "").matchAll(/^(#+) (.+)$/gm)].flatMap(([, marks, title]) => {
    const anchor = anchorOf(title!);
    const times = seen.get(anchor) ?? 0;
    seen.set(anchor, times + 1);
    const link = `- [${title}](#${anchor}${times === 0 ? "" : `-${times}`})`;
    return marks === "##" ? [link] : marks === "###" ? [`  ${link}`] : [];
  });
  return `${page.slice(0, from + contentsBegin.length)}\n\n${list.join("\n")}\n\n${page.slice(to)}`;
}

/** As GitHub makes it from a heading. */
function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(/\s/g, "-");
}

function generatedPart(): string {
  const definitions = buildJsonSchema().$defs;
  return [
    "## Messages",
    "",
    "A member whose name ends in `?` may be left out; no others may be added unless a message says so.",
    "",
    ...areaSections(definitions),
    "## Structures",
    "",
    ...structures
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap(({ name }) => structureSection(name, definitions[name]!)),
    "## Errors",
    "",
    "| name | code | meaning |",
    "|---|---|---|",
    ...errorNames.map((name) => `| ${name} | ${errorCodes[name]} | ${cell(errorDoc(name))} |`),
    "",
    `Any request may fail with ${generalErrors.join(", ")}.`,
    "",
  ].join("\n");
}

function areaSections(definitions: Record<string, Schema>): string[] {
  const lines: string[] = [];
  let area = "";
  for (const source of orderedMessages) {
    if (source.area !== area) {
      area = source.area;
      lines.push(`### ${areaTitles[area] ?? area}`, "");
    }
    lines.push(...messageSection(source.message, definitions));
  }
  return lines;
}

function messageSection(message: Message, definitions: Record<string, Schema>): string[] {
  const name = definitionName(message.method);
  const lines = [
    `#### \`${message.method}\``,
    "",
    `${isRequest(message) ? "Request" : "Notification"}, ${directions[message.direction]}, ` +
      `since ${message.since}. ${message.doc}`,
    "",
    ...shape("Params", definitions[`${name}Params`]!, v.is(message.params, undefined)),
  ];
  if (isRequest(message)) {
    lines.push(...shape("Result", definitions[`${name}Result`]!));
    if (message.errors.length > 0) lines.push(`Errors: ${message.errors.join(", ")}.`, "");
  }
  return [...lines, ...exampleOf(message)];
}

function structureSection(name: string, schema: Schema): string[] {
  const description = schema.description === undefined ? [] : [schema.description, ""];
  return [`#### ${name}`, "", ...description, ...structureBody(schema), ""];
}

function structureBody(schema: Schema): string[] {
  if (hasMembers(schema)) return memberTable(schema);
  const alternatives = schema.anyOf ?? schema.oneOf;
  return alternatives
    ? ["One of:", "", ...alternatives.map((part) => `- ${typeText(asSchema(part))}`)]
    : [`${typeText(schema)}.`];
}

/** A table for an object, a line for anything else. */
function shape(title: string, schema: Schema, optional = false): string[] {
  if (optional && !hasMembers(schema)) return [`${title}: none; \`{}\` may stand for that.`, ""];
  if (!hasMembers(schema)) return [`${title}: ${typeText(schema)}.`, ""];
  return [...memberTable(schema, title), ""];
}

function memberTable(schema: Schema, title = "member"): string[] {
  const required = new Set(schema.required ?? []);
  return [
    `| ${title} | type | |`,
    "|---|---|---|",
    ...Object.entries(schema.properties ?? {}).map(([key, part]) => {
      const member = asSchema(part);
      return (
        `| \`${key}${required.has(key) ? "" : "?"}\` | ${cell(typeText(member))} | ` +
        `${cell(member.description ?? "")} |`
      );
    }),
  ];
}

function exampleOf(message: Message): string[] {
  const example = examples[message.method];
  if (!example) throw new Error(`${message.method} has no example: add one in protocol/examples/`);
  const params = example.params === undefined ? {} : { params: example.params };
  if (!isRequest(message)) return ["```json", json({ jsonrpc: "2.0", method: message.method, ...params }), "```", ""];
  return [
    "```json",
    json({ jsonrpc: "2.0", id: 1, method: message.method, ...params }),
    json({ jsonrpc: "2.0", id: 1, result: example.result }),
    "```",
    "",
  ];
}

/** On one line where that fits, members on lines of their own where it does not. */
function json(value: unknown, indent = "", room = 120): string {
  const line = JSON.stringify(value, null, 1).replace(/\n\s*/g, " ");
  if (indent.length + line.length <= room || typeof value !== "object" || value === null) return line;
  const inner = `${indent}  `;
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  const parts = Array.isArray(value)
    ? value.map((item) => json(item, inner, room - 1))
    : Object.entries(value).map(
        ([key, member]) => `${JSON.stringify(key)}: ${json(member, inner, room - key.length - 5)}`,
      );
  return `${open}\n${parts.map((part) => inner + part).join(",\n")}\n${indent}${close}`;
}

function cell(text: string): string {
  return text.replace(/\s*\n\s*/g, " ").replaceAll("|", "\\|");
}
