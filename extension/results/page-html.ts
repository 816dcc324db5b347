import { t } from "../l10n.js";

export interface PageParts {
  /** Where the page may take its style sheet from. */
  cspSource: string;
  /** New for each page: only the script that bears it runs. */
  nonce: string;
  script: string;
  style: string;
  /** The editor's language, such as `de`. */
  language: string;
  /** Translations by the English text. */
  texts: Readonly<Record<string, string>>;
}

/**
 * The page of a results panel. It loads nothing from the network, and its content security policy allows only its own
 * script.
 */
export function pageHtml({ cspSource, nonce, script, style, language, texts }: PageParts): string {
  return `<!DOCTYPE html>
<html lang="${attribute(language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
  content="default-src 'none'; script-src 'nonce-${nonce}'; style-src ${cspSource};">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${attribute(style)}">
<title>${t("Results").replaceAll("<", "&lt;")}</title>
</head>
<body data-vscode-context='{"preventDefaultContextMenuItems": true}'>
<main id="page" data-texts="${attribute(JSON.stringify(texts))}"></main>
<script type="module" nonce="${nonce}" src="${attribute(script)}"></script>
</body>
</html>`;
}

function attribute(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
}
