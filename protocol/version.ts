/** Version of the wire: `MAJOR.MINOR`. A server refuses clients of another MAJOR, and serves every smaller MINOR. */
export const protocolVersion = "1.0";

export function isCompatible(version: string): boolean {
  return version.split(".")[0] === protocolVersion.split(".")[0];
}
