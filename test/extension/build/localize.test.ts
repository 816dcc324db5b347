import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { localize, manifestTexts, translations } from "../../../extension/build/localize.js";
import { root } from "../../fixture.js";

const manifest = () => JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Record<string, unknown>;
const languages = translations();

/** What must be the same in a translation: placeholders, code, links' targets, settings and quoted values. */
function fixedParts(text: string): string[] {
  return [...text.matchAll(/\{[\w.]*\}|`[^`]*`|\]\([^)]*\)|"[\w,=[\]]+"/g)].map(([part]) => part).sort();
}

test("every text of the manifest is there in German and in Chinese", () => {
  assert.deepEqual([...languages.keys()].sort(), ["de", "zh-cn"]);
  const texts = manifestTexts(manifest());
  assert.ok(texts.length > 100);
  for (const [language, known] of languages) {
    const missing = texts.filter((text) => !known[text]);
    assert.deepEqual(missing, [], `add translations of these to extension/l10n/${language}.json`);
  }
});

test("translations have the placeholders, the code and the links of the English text", () => {
  for (const [language, known] of languages) {
    assert.deepEqual(Object.keys(known), Object.keys(languages.get("de")!), `${language} has the same texts as de`);
    for (const [english, text] of Object.entries(known)) {
      assert.deepEqual(fixedParts(text), fixedParts(english), `${language}: ${text}`);
      assert.equal(text.endsWith("…"), english.endsWith("…"), `${language}: ${text}`);
    }
  }
});

test("the manifest as it is installed has keys, whose texts are in a file for each language; ids stay", () => {
  const before = manifest();
  const after = manifest();
  const files = localize(after);
  assert.deepEqual([...files.keys()].sort(), ["package.nls.de.json", "package.nls.json", "package.nls.zh-cn.json"]);
  const english = files.get("package.nls.json") as Record<string, string>;
  const back = JSON.parse(
    JSON.stringify(after).replaceAll(/"%(text\.\d+)%"/g, (_, key: string) => JSON.stringify(english[key])),
  ) as unknown;
  assert.deepEqual(back, before, "with the English texts it is what it was");
  const left = manifestTexts(after).filter((text) => !/^%text\.\d+%$/.test(text));
  assert.deepEqual(left, []);
  const german = files.get("package.nls.de.json") as Record<string, string>;
  assert.equal(Object.keys(german).length, Object.keys(english).length);
  const title = Object.keys(english).find((key) => english[key] === "Show Results")!;
  assert.equal(german[title], "Ergebnisse anzeigen");
});
