import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { tools } from "../../agents/tools.js";
import { root } from "../fixture.js";

test("the manifest describes the tools for language models as they are", () => {
  const { contributes } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    contributes: {
      languageModelTools: { name: string; modelDescription: string; inputSchema: object; when: string }[];
    };
  };
  assert.deepEqual(
    contributes.languageModelTools.map(({ name, modelDescription, inputSchema, when }) => ({
      name,
      modelDescription,
      inputSchema,
      when,
    })),
    tools.map(({ name, description, inputSchema }) => ({
      name,
      modelDescription: description,
      inputSchema,
      when: "isWorkspaceTrusted",
    })),
  );
});
