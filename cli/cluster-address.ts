import { UsageError } from "./usage-error.js";

/** The address of `--cluster [address]`. Throws UsageError if there is none. */
export function clusterAddress(given: string | true): string {
  const address = given === true ? process.env["POLYPROC_CLUSTER"] : given;
  if (address !== undefined && address !== "") return address;
  throw new UsageError("--cluster needs an address: --cluster redis://HOST, or set POLYPROC_CLUSTER");
}
