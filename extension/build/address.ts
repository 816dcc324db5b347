/** A reserved name: no such address can exist. The manifest has it until the project has an address. */
const placeholder = /\.invalid(\/|$)/;

/** The address of the project's repository, such as `https://github.com/OWNER/polyproc`; null: it has none yet. */
export function repositoryOf(manifest: Record<string, unknown>): string | null {
  const given = manifest["repository"];
  const url = typeof given === "string" ? given : (given as { url?: string } | undefined)?.url;
  if (url === undefined || placeholder.test(url)) return null;
  return url.replace(/^git\+/, "").replace(/\.git$/, "");
}
