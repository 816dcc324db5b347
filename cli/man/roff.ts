/** Text as roff prints it unchanged. */
export function roff(text: string): string {
  return text
    .replace(/\\/g, "\\e")
    .replace(/-/g, "\\-")
    .replace(/^([.'])/gm, "\\&$1");
}

/** Lines that are not filled. */
export function verbatim(lines: readonly string[]): string {
  return `.nf\n${lines.map(roff).join("\n")}\n.fi\n`;
}

/** The beginning of a page. Without a date: pages of one version are the same whenever they are made. */
export function title(name: string, section: number, version: string, summary: string): string {
  return (
    `.TH ${roff(name.toUpperCase())} ${section} "" "polyproc ${version}" "Polyproc"\n` +
    `.SH NAME\n${roff(name)} \\- ${roff(summary)}\n`
  );
}
