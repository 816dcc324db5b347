/**
 * The password of clusters whose address has none, from the environment. It is taken out of there, as is an address
 * with a password: children must not inherit them.
 */
export function takeClusterPassword(): string | null {
  const password = process.env["POLYPROC_CLUSTER_PASSWORD"];
  delete process.env["POLYPROC_CLUSTER_PASSWORD"];
  const address = process.env["POLYPROC_CLUSTER"];
  if (address !== undefined && /^\w+:\/\/[^/@]*:[^/]*@/.test(address)) delete process.env["POLYPROC_CLUSTER"];
  return password === undefined || password === "" ? null : password;
}
