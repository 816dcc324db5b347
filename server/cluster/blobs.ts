import { PolyprocError } from "../../protocol/errors.js";
import type { Bytes } from "./records.js";
import { sha256 } from "./signing.js";
import type { Store } from "./store.js";

/** Longer payloads do not go into packs and results, but into keys of their own. */
const inlineBytes = 64 * 1024;
/** Milliseconds until an unused blob is dropped. Its owner renews it. */
export const blobLifeMs = 24 * 3600 * 1000;

/**
 * The record of these bytes; large ones are written into the store first. `id`: of the blob in its pool. `parts`: how
 * many such records go into one message.
 */
export async function putBytes(store: Store, pool: string, id: string, data: Uint8Array, parts = 1): Promise<Bytes> {
  const buffer = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (data.length <= inlineBytes / parts) return buffer.toString("base64");
  await store.redis.set(store.keys.blob(pool, id), buffer, "PX", blobLifeMs);
  return { blob: id, hash: sha256(data) };
}

/** Fails with ClusterUnavailable if the store no longer has the bytes, or has others. */
export async function takeBytes(store: Store, pool: string, bytes: Bytes): Promise<Uint8Array> {
  if (typeof bytes === "string") return Buffer.from(bytes, "base64");
  const data = await store.redis.getBuffer(store.keys.blob(pool, bytes.blob));
  if (data !== null && sha256(data) === bytes.hash) return data;
  throw new PolyprocError(
    "ClusterUnavailable",
    data === null ? "the store no longer has this payload" : "the store has another payload in place of this one",
  );
}
