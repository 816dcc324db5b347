/** Escapes line breaks and control characters as `\n`, `\x1b` …, for output that must stay on one line. */
export function oneLine(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what this function replaces
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (char) => {
    if (char === "\n") return "\\n";
    if (char === "\t") return "\\t";
    if (char === "\r") return "\\r";
    return `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
}
