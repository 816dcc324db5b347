/** Gives a text in the user's language, with its values. */
export type Translate = (text: string, ...values: (string | number)[]) => string;

let translate: Translate = filled;

function filled(text: string, ...values: (string | number)[]): string {
  return text.replaceAll(/\{(\d+)\}/g, (whole, index: string) => String(values[Number(index)] ?? whole));
}

/** Called once, with the editor's translations. Without that call, as in tests, all texts are English. */
export function translateBy(given: Translate): void {
  translate = given;
}

/** Called once in a page, which does not have the editor's own, with its translations by the English text. */
export function translateWith(texts: Readonly<Record<string, string>>): void {
  translate = (text, ...values) => filled(texts[text] ?? text, ...values);
}

/**
 * A text for the user, in their language if `extension/l10n` has it. `{0}` is the first value. Call it where the text
 * is shown: when a module is loaded, the language is not known yet.
 */
export function t(text: string, ...values: (string | number)[]): string {
  return translate(text, ...values);
}
