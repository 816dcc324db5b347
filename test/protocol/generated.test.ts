import assert from "node:assert/strict";
import { test } from "node:test";
import { difference, generatedFiles } from "../../protocol/generate/files.js";
import { buildJsonSchema } from "../../protocol/generate/json-schema.js";
import { buildMetaModel } from "../../protocol/generate/meta-model.js";
import { renderSpec } from "../../protocol/generate/spec.js";
import { isNotification, isRequest, messages } from "../../protocol/methods.js";

test("the committed files are what `npm run generate` writes now", async () => {
  assert.deepEqual(
    (await generatedFiles()).map(difference).filter((trouble) => trouble !== undefined),
    [],
  );
});

test("the check names a file that differs, and the line", async () => {
  const file = (await generatedFiles())[0]!;
  assert.match(
    difference({ ...file, text: file.text.replace(/\n.*\n/, "\nother\n") }) ?? "",
    /metaModel\.json differs from line 2 on/,
  );
  assert.match(difference({ ...file, path: `${file.path}.gone` }) ?? "", /does not exist/);
});

test("the meta-model has every message, and its references lead into the schema", () => {
  const { $defs } = buildJsonSchema();
  const model = buildMetaModel();
  const sorted = (list: readonly { method: string }[]): string[] => list.map(({ method }) => method).toSorted();
  assert.deepEqual(sorted(model.requests), sorted(messages.filter(isRequest)));
  assert.deepEqual(sorted(model.notifications), sorted(messages.filter(isNotification)));
  const references = [
    ...model.requests.flatMap(({ params, result }) => [params, result]),
    ...model.notifications.map(({ params }) => params),
  ];
  for (const { $ref } of references)
    assert.ok($ref.startsWith("schema.json#/$defs/") && $ref.slice("schema.json#/$defs/".length) in $defs, $ref);
  for (const error of model.errors) assert.ok(error.documentation.length > 10, `${error.name} is documented`);
  for (const name of model.structures) assert.ok(name in $defs, name);
});

test("every reference inside the schema leads somewhere", () => {
  const { $defs } = buildJsonSchema();
  for (const [, name] of JSON.stringify($defs).matchAll(/"\$ref":"#\/\$defs\/(\w+)"/g)) assert.ok(name! in $defs, name);
});

test("comments beside the declarations become descriptions", () => {
  const { $defs } = buildJsonSchema();
  const property = (name: string, member: string): unknown =>
    ($defs[name]!.properties![member] as { description?: string }).description;
  assert.equal(property("ProcessInfo", "startedAt"), "Milliseconds since 1970.");
  assert.match(String(property("CommandTarget", "check")), /Default true/);
  assert.match(String(property("ServerStatusResult", "addresses")), /unix:PATH/);
  assert.match($defs["ModuleTarget"]!.description ?? "", /that a module exports/);
});

test("every member has a description, and every optional one says what its absence means", () => {
  const { $defs } = buildJsonSchema();
  const bare: string[] = [];
  const look = (place: string, schema: unknown): void => {
    if (typeof schema !== "object" || schema === null) return;
    const { properties = {}, required = [] } = schema as { properties?: Record<string, unknown>; required?: string[] };
    for (const [key, member] of Object.entries(properties)) {
      const { description = "" } = member as { description?: string };
      const isOptional = !required.includes(key);
      if (description === "" || (isOptional && !/[Dd]efault|[Aa]bsent/.test(description))) bare.push(`${place}.${key}`);
    }
    for (const [key, part] of Object.entries(schema)) look(key === "properties" ? place : `${place}.${key}`, part);
  };
  for (const [name, schema] of Object.entries($defs)) look(name, schema);
  assert.deepEqual(bare, [], "write a comment beside the member, or a text in protocol/generate/common-docs.ts");
});

test("a page without the marks is refused instead of being overwritten", () => {
  assert.throws(() => renderSpec("# no marks"), /needs a line/);
});
