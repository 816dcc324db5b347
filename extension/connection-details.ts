/** The server's address in the forms that other tools read. */
export interface ConnectionDetails {
  address: string;
  /** A line for a POSIX shell. */
  shell: string;
  /** An environment as JSON, for the settings of MCP hosts and editors. */
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
