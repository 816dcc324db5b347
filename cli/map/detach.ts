import { payloadBytes } from "../../protocol/payload.js";
import type { Connection } from "../../bindings/typescript/session/connection.js";
import type { Cache } from "../../protocol/run.js";
import type { Target } from "../../protocol/target.js";
import { jsonToPayload } from "../../protocol/values.js";
import type { Payload } from "../../protocol/schema.js";
import { UsageError } from "../usage-error.js";
import type { Halt } from "./limits/halt.js";
import type { ItemSource } from "./items/items.js";
import { shownItem } from "./items/shown-item.js";

export interface DetachOptions {
  name: string | undefined;
  target: Target;
  /** Address of the cluster on whose hosts the items run. Undefined: the server's own machine. */
  cluster: string | undefined;
  /** Undefined: no limit, on a cluster. */
  processes: number | undefined;
  chunkSize: number;
  retries: number;
  timeoutMs: number | null;
  halt: Halt;
  /** Undefined: every item runs. */
  cache: Cache | undefined;
}

/** Bytes of a message besides its items. */
const overheadBytes = 64 * 1024;
/** Bytes of an item besides its payload. */
const itemBytes = 8;

/** Starts a run with all items. It continues after this client has ended. Returns the run's handle. */
export async function detach(connection: Connection, source: ItemSource, options: DetachOptions): Promise<string> {
  const { target, halt, name, cache, ...rest } = options;
  const items: Payload[] = [];
  let bytes = overheadBytes + payloadBytes(jsonToPayload(target));
  for await (const item of source.items) {
    if (!item.ok)
      throw new UsageError(
        `${shownItem(item.text)}: ${item.reason}; with --detach every item must be one that can be run`,
      );
    const payload = jsonToPayload(item.value);
    bytes += payloadBytes(payload) + itemBytes;
    const { maxPayloadBytes } = connection.facts.limits;
    if (bytes > maxPayloadBytes)
      throw new UsageError(
        `the items take more than the ${maxPayloadBytes} bytes that one run may have: start several, ` +
          "or raise the server's limit (--max-payload-bytes)",
      );
    items.push(payload);
  }
  const run = connection.mint("run");
  await connection.request("run/start", {
    run,
    target,
    items,
    ...rest,
    ...(name === undefined ? {} : { name }),
    ...(cache ? { cache } : {}),
    ...(halt.when === "never" ? {} : { halt: { failures: halt.count, now: halt.when === "now" } }),
  });
  return run;
}
