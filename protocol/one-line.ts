/** Text that may hold anything, for a place where a line break or a control sequence would do harm. Those are shown as `\n`, `\x1b` … */
export function oneLine(text: string): string {
  // oxlint-disable-next-line no-control-regex -- those are what it is about
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (char) => {
    if (char === "\n") return "\\n";
    if (char === "\t") return "\\t";
    if (char === "\r") return "\\r";
    return `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
}
