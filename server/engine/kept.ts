import { payloadData, payloadHandles, type Payload } from "../../protocol/payload.js";
import type { Account } from "./budget.js";
import type { Origin } from "./origin.js";

/** What a kept payload takes beside its bytes: the view, its buffer, a place in a list. Roughly. */
const overheadBytes = 200;

/** A payload that is kept until somebody fetches it. */
export interface Kept {
  readonly payload: Payload;
  /** What it takes in memory. */
  readonly bytes: number;
  /** To which it is charged, when it is. */
  readonly account: Account;
  /** Who sent it: the client at the root of its process tree. */
  readonly origin: Origin;
  /** Its number in the store that holds it, or that lent it: set there. */
  place: number;
}

/** Copies a payload that is a small part of a large buffer, all of which it would keep in memory. Charges nothing. */
export function kept(payload: Payload, account: Account, origin: Origin = account.owner ?? "server"): Kept {
  const data = payloadData(payload);
  const handles = payloadHandles(payload);
  const overhead = overheadBytes * (1 + handles.length);
  const bufferBytes = data.buffer.byteLength;
  if (data.byteLength * 2 >= bufferBytes) return { payload, bytes: bufferBytes + overhead, account, origin, place: 0 };
  // Not `slice`: a Buffer's is a view.
  const copy = new Uint8Array(data);
  return { payload: payload instanceof Uint8Array ? copy : [copy, [...handles]], bytes: data.byteLength + overhead, account, origin, place: 0 };
}

/** It is kept no more. */
export function letGo({ account, bytes }: Kept): void {
  account.release(bytes);
}

/** The place of a queue or pipe in the line of those who wait for the server's memory; it has one at most. */
export class MemoryWait {
  #leave: (() => void) | null = null;

  /** Calls once when there is room for the item. No effect while it waits already. */
  begin(item: Kept, retry: () => void): void {
    this.#leave ??= item.account.whenRoom(item.bytes, () => {
      this.#leave = null;
      retry();
    });
  }

  end(): void {
    this.#leave?.();
    this.#leave = null;
  }
}
