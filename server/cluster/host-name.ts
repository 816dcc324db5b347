/** A name that an agent can have in a cluster. */
export function isHostName(name: unknown): name is string {
  return typeof name === "string" && /^[\w.-]{1,100}$/.test(name);
}
