/** An address to listen on. Port 0 means any free port. */
export type Address = { kind: "unix"; path: string } | { kind: "tcp" | "tls"; host: string; port: number };

/**
 * Parses `unix:PATH`, `tcp:HOST:PORT` or `tls:HOST:PORT` (IPv6 hosts in brackets). Throws a TypeError that quotes the
 * text.
 */
export function parseListenAddress(text: string): Address {
  const kind = text.slice(0, Math.max(text.indexOf(":"), 0));
  const rest = text.slice(kind.length + 1);
  if (kind === "unix" && rest !== "") return { kind, path: rest };
  if (kind === "tcp" || kind === "tls") {
    const match = /^(?:\[([0-9a-fA-F:.%\w]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(rest);
    const port = Number(match?.[3]);
    if (match && port < 65536) return { kind, host: (match[1] ?? match[2])!, port };
  }
  throw new TypeError(`--listen: expected unix:PATH, tcp:HOST:PORT or tls:HOST:PORT, got ${JSON.stringify(text)}`);
}

export function formatAddress(address: Address): string {
  if (address.kind === "unix") return `unix:${address.path}`;
  return `${address.kind}:${address.host.includes(":") ? `[${address.host}]` : address.host}:${address.port}`;
}
