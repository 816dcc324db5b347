import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./root.js";

/** A language's translations, by the English text. A text that is missing stays English. */
export type Translations = ReadonlyMap<string, Readonly<Record<string, string>>>;

/** Members of the manifest that the editor shows. */
const shown = new Set([
  "category",
  "contents",
  "contextualTitle",
  "description",
  "displayName",
  "enumDescriptions",
  "markdownDescription",
  "markdownEnumDescriptions",
  "name",
  "patternErrorMessage",
  "title",
  "userDescription",
]);

const folder = join(root, "extension", "l10n");

/** The translations in `extension/l10n/LANGUAGE.json`, by language. */
export function translations(): Translations {
  const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
  return new Map(
    files.map((name) => [
      name.slice(0, -".json".length),
      JSON.parse(readFileSync(join(folder, name), "utf8")) as Record<string, string>,
    ]),
  );
}

/**
 * Replaces the texts of `contributes` by keys, in place. Returns the files with the texts: `package.nls.json`, and one
 * for each language. The same translations are the l10n bundles for texts in the code.
 */
export function localize(manifest: Record<string, unknown>, languages = translations()): Map<string, object> {
  const keys = new Map<string, string>();
  manifest["l10n"] = "./l10n";
  manifest["contributes"] = replaced(manifest["contributes"], (text) => {
    const key = keys.get(text) ?? `text.${keys.size}`;
    keys.set(text, key);
    return `%${key}%`;
  });
  const english = Object.fromEntries([...keys].map(([text, key]) => [key, text]));
  const files = new Map<string, object>([["package.nls.json", english]]);
  for (const [language, texts] of languages) {
    const known = [...keys].filter(([text]) => texts[text] !== undefined);
    files.set(`package.nls.${language}.json`, Object.fromEntries(known.map(([text, key]) => [key, texts[text]])));
    files.set(`l10n/bundle.l10n.${language}.json`, texts);
  }
  return files;
}

/** The texts of `contributes` that the editor shows, each once. */
export function manifestTexts(manifest: Record<string, unknown>): string[] {
  const texts = new Set<string>();
  replaced(manifest["contributes"], (text) => {
    texts.add(text);
    return text;
  });
  return [...texts];
}

function replaced(value: unknown, replace: (text: string) => string, isShown = false): unknown {
  if (typeof value === "string") return isShown && /\p{Letter}/u.test(value) ? replace(value) : value;
  if (Array.isArray(value)) return value.map((each) => replaced(each, replace, isShown));
  if (typeof value !== "object" || value === null) return value;
  // The name of a tool for language models is what programs call it.
  const isTool = "displayName" in value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      // Read by language models.
      if (name === "inputSchema") return [name, member];
      // A property of a schema may have such a name: then its value is an object.
      const isText = shown.has(name) && (typeof member === "string" || Array.isArray(member));
      return [name, replaced(member, replace, isText && !(isTool && name === "name"))];
    }),
  );
}
