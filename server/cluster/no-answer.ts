import { isIP } from "node:net";
import type { ClusterAddress } from "./address.js";

/** For users: why the store could not be used, and what to check. `said`: the last error of the connection. */
export function describeNoAnswer(address: ClusterAddress, said: string): string {
  return `${address.shown} does not answer: ${reason(address, said)}`;
}

function reason({ host, port, tls, username, password }: ClusterAddress, said: string): string {
  const quoted = said.replace(/\.$/, "");
  const user = username === null ? "" : ` of the user ${username}`;
  if (/ECONNREFUSED/.test(said))
    return `nothing listens there (${quoted}); start Redis on ${host}, or check host and port ${port} of the address`;
  if (/ENOTFOUND|EAI_AGAIN/.test(said)) return `no machine has the name ${host} (${quoted}); check the address`;
  if (/EHOSTUNREACH|ENETUNREACH|ETIMEDOUT/.test(said))
    return `${host} cannot be reached (${quoted}); check the network, and that a firewall lets port ${port} through`;
  if (/NOAUTH|Authentication required/i.test(said) && password === null)
    return `it asks for a password, and there is none; set POLYPROC_CLUSTER_PASSWORD`;
  if (/WRONGPASS|invalid password|NOAUTH/i.test(said))
    return `it refuses the password${user} (${quoted}); check the user in the address, and POLYPROC_CLUSTER_PASSWORD`;
  if (/without any password configured/i.test(said))
    return `it has no password, and one was given (${quoted}); unset POLYPROC_CLUSTER_PASSWORD, or name a user`;
  if (/NOPERM/.test(said))
    return `it does not let the user ${username ?? "default"} do it (${quoted}); docs/cluster.md has the user's rules`;
  if (/certificate|altname|CERT_/i.test(said))
    return `its certificate is not trusted (${quoted}); for a CA of your own, set NODE_EXTRA_CA_CERTS`;
  return (
    `${quoted}; check that Redis runs there, and ` +
    (tls ? `that port ${port} speaks TLS` : `that port ${port} speaks no TLS, which needs rediss:`)
  );
}

/** The name that a server's certificate is compared with; an IP address is compared without one. */
export function serverNameOf(host: string): { servername?: string } {
  return isIP(host) === 0 ? { servername: host } : {};
}
