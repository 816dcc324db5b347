import { PolyprocError } from "../../protocol/errors.js";
import { sha256, type Signer } from "./signing.js";

/*
 * An item in the store: one byte with the length of the signature, the signature, the item's bytes.
 */

export function sealedItem(item: Uint8Array, place: string, signer: Signer): Buffer {
  const { sig = "" } = signer.sign(place, signed(item, signer));
  return Buffer.concat([Buffer.from([sig.length]), Buffer.from(sig), item]);
}

/** The item's bytes, or why they may not be used. */
export function openItem(sealed: Buffer, place: string, signer: Signer): Uint8Array | PolyprocError {
  const start = 1 + (sealed[0] ?? 0);
  const sig = sealed.toString("latin1", 1, start);
  const item = sealed.subarray(start);
  if (sealed.length >= start && signer.accepts(place, { ...signed(item, signer), ...(sig !== "" && { sig }) }))
    return item;
  return new PolyprocError(
    "NotTrusted",
    `an item of ${place} is not signed with this cluster's key; it was taken out of the queue`,
  );
}

function signed(item: Uint8Array, signer: Signer): { hash?: string } {
  return signer.signs ? { hash: sha256(item) } : {};
}
