import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const compiled = fileURLToPath(new URL("../../protocol/", import.meta.url));

test("the compiled protocol imports nothing but valibot and itself", () => {
  const files = readdirSync(compiled, { recursive: true, encoding: "utf8" }).filter(
    (file) => file.endsWith(".js") && !file.startsWith(`generate${path.sep}`),
  );
  assert.ok(files.length > 20);
  for (const file of files) {
    for (const [, specifier] of readFileSync(path.join(compiled, file), "utf8").matchAll(
      /(?:from|import)\s*\(?\s*["']([^"']+)["']/g,
    )) {
      if (specifier === "valibot") continue;
      assert.ok(specifier!.startsWith("."), `${file} imports ${specifier}`);
      const target = path.join(path.dirname(file), specifier!);
      assert.ok(!target.startsWith("..") && !target.startsWith("generate"), `${file} imports ${specifier}`);
    }
  }
});
