/** `unix:PATH` as other tools want it. */
export interface ConnectionDetails {
  address: string;
  /** For a POSIX shell. */
  shell: string;
  /** For programs: what MCP hosts, editors and the like take as an environment. */
  json: string;
}

export function connectionDetails(address: string): ConnectionDetails {
  return {
    address,
    shell: `export POLYPROC_ADDRESS=${shellWord(address)}`,
    json: JSON.stringify({ POLYPROC_ADDRESS: address }),
  };
}

/** The text as one word of a POSIX shell. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
