import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { messageByMethod } from "../../../../protocol/methods.js";
import { root } from "../../../fixture.js";

const folder = `${root}bindings/typescript`;
const sources = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));

test("every method that the binding names is in the protocol", () => {
  const named = sources.flatMap((name) =>
    [...readFileSync(`${folder}/${name}`, "utf8").matchAll(/"((?:\$\/)?[a-z]+\/[a-zA-Z]+)"/g)].map(
      (match) => match[1]!,
    ),
  );
  assert.ok(named.length > 40, `only ${named.length} were found`);
  for (const method of named.filter((name) => !name.startsWith("js/"))) assert.ok(messageByMethod.has(method), method);
});

test("the binding loads no schema and no package, so that a worker starts fast", () => {
  const seen = new Set<string>();
  const foreign: string[] = [];
  const visit = (url: URL) => {
    if (seen.has(url.href)) return;
    seen.add(url.href);
    for (const [, name] of readFileSync(url, "utf8").matchAll(/^(?:import|export) .*?from "([^"]+)";$/gm)) {
      if (name!.startsWith(".")) visit(new URL(name!, url));
      else if (!name!.startsWith("node:")) foreign.push(`${url.pathname}: ${name}`);
    }
  };
  visit(new URL("../../../../bindings/typescript/index.js", import.meta.url));
  visit(new URL("../../../../bindings/typescript/host/main.js", import.meta.url));
  assert.ok(seen.size > 40, `only ${seen.size} modules were seen`);
  assert.deepEqual(foreign, []);
});
