/** Where a server listens. */
export type Address = { kind: "unix"; path: string } | { kind: "tcp" | "tls"; host: string; port: number };

/**
 * Parses `unix:PATH`, `tcp:HOST:PORT` or `tls:HOST:PORT`. A path that begins with `/` or `./` needs no `unix:`. An IPv6
 * host is written in brackets. Throws a TypeError that quotes the text.
 */
export function parseAddress(text: string): Address {
  if (text.startsWith("/") || text.startsWith("./")) return { kind: "unix", path: text };
  const kind = text.slice(0, Math.max(text.indexOf(":"), 0));
  const rest = text.slice(kind.length + 1);
  if (kind === "unix" && rest !== "") return { kind, path: rest };
  if (kind === "tcp" || kind === "tls") {
    const match = /^(?:\[([0-9a-fA-F:.%a-z]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(rest);
    const port = Number(match?.[3]);
    if (match && port > 0 && port < 65536) return { kind, host: (match[1] ?? match[2])!, port };
  }
  throw new TypeError(
    "expected an address such as unix:/run/polyproc.sock, tcp:127.0.0.1:7070 or tls:HOST:PORT, " +
      `got ${JSON.stringify(text)}`,
  );
}

export function formatAddress(address: Address): string {
  if (address.kind === "unix") return `unix:${address.path}`;
  const host = address.host.includes(":") ? `[${address.host}]` : address.host;
  return `${address.kind}:${host}:${address.port}`;
}
