import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { localize, manifestTexts, translations } from "../../../extension/build/localize.js";
import { root } from "../../fixture.js";

const manifest = () => JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Record<string, unknown>;
const languages = translations();

/** Texts in calls of `t`, of all sources of the extension but its build. */
function codeTexts(): Set<string> {
  const texts = new Set<string>();
  const folder = join(root, "extension");
  for (const path of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!path.endsWith(".ts") || path.startsWith("build/")) continue;
    const source = readFileSync(join(folder, path), "utf8");
    if (!source.includes('l10n.js"')) continue;
    // A text, or a choice of two of them.
    for (const [, call] of source.matchAll(
      /(?<![\w.])t\(\s*((?:[^"()]*\? *)?"(?:[^"\\]|\\.)*"(?:\s*:\s*"(?:[^"\\]|\\.)*")?)/g,
    ))
      for (const [text] of call!.replace(/^[^"?]*\?(?= *")/, "").matchAll(/"(?:[^"\\]|\\.)*"/g))
        texts.add(JSON.parse(text) as string);
  }
  return texts;
}

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

test("every text of the code is there in German and in Chinese, and no translation is left over", () => {
  const texts = codeTexts();
  assert.ok(texts.size > 100 && texts.has("{0} runs"), String(texts.size));
  const used = new Set([...texts, ...manifestTexts(manifest())]);
  for (const [language, known] of languages) {
    const missing = [...texts].filter((text) => !known[text]);
    assert.deepEqual(missing, [], `add translations of these to extension/l10n/${language}.json`);
    assert.deepEqual(
      Object.keys(known).filter((text) => !used.has(text)),
      [],
      `remove these from extension/l10n/${language}.json`,
    );
  }
});

test("every call of t has its text in the call", () => {
  const folder = join(root, "extension");
  const found = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && path !== "l10n.ts")
    .flatMap((path) => {
      const source = readFileSync(join(folder, path), "utf8");
      if (!source.includes('l10n.js"')) return [];
      const calls = source.match(/(?<![\w.])t\((?!\))/g)?.length ?? 0;
      const texts = source.match(/(?<![\w.])t\(\s*(?:[^"()]*\? *)?"/g)?.length ?? 0;
      return calls === texts ? [] : [`${path}: ${calls} calls, ${texts} with a text`];
    });
  assert.deepEqual(found, []);
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
  assert.deepEqual([...files.keys()].sort(), [
    "l10n/bundle.l10n.de.json",
    "l10n/bundle.l10n.zh-cn.json",
    "package.nls.de.json",
    "package.nls.json",
    "package.nls.zh-cn.json",
  ]);
  const english = files.get("package.nls.json") as Record<string, string>;
  const back = JSON.parse(
    JSON.stringify(after).replaceAll(/"%(text\.\d+)%"/g, (_, key: string) => JSON.stringify(english[key])),
  ) as unknown;
  assert.deepEqual(back, { ...before, l10n: "./l10n" }, "with the English texts it is what it was");
  const left = manifestTexts(after).filter((text) => !/^%text\.\d+%$/.test(text));
  assert.deepEqual(left, []);
  const german = files.get("package.nls.de.json") as Record<string, string>;
  assert.equal(Object.keys(german).length, Object.keys(english).length);
  const title = Object.keys(english).find((key) => english[key] === "Show Results")!;
  assert.equal(german[title], "Ergebnisse anzeigen");
});
