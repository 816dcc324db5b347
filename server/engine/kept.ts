import { payloadData, payloadHandles, storedBytes, type Payload } from "../../protocol/payload.js";
import type { Account } from "./budget.js";
import type { Origin } from "./origin.js";

/** Approximate memory of a kept payload beside its bytes: the view, its buffer, a place in a list. */
const overheadBytes = 200;

/** A payload that the server keeps until a session fetches it. */
export interface Kept {
  readonly payload: Payload;
  /** Its memory, with overhead. */
  readonly bytes: number;
  /** The account that it is charged to. */
  readonly account: Account;
  /** The client that sent it, or whose process tree did. */
  readonly origin: Origin;
  /** Its number in the order of its `ItemStore`, which sets it. Kept while the item is on loan. */
  place: number;
}

/**
 * Copies the payload if it is a small part of a large buffer: otherwise all of the buffer would stay in memory. Charges
 * nothing.
 */
export function kept(payload: Payload, account: Account, origin: Origin = account.owner ?? "server"): Kept {
  const handles = payloadHandles(payload);
  const overhead = overheadBytes * (1 + handles.length);
  // The memory that holds a block is charged as a whole.
  if (storedBytes(payload)) return { payload, bytes: overhead, account, origin, place: 0 };
  const data = payloadData(payload);
  const bufferBytes = data.buffer.byteLength;
  if (data.byteLength * 2 >= bufferBytes) return { payload, bytes: bufferBytes + overhead, account, origin, place: 0 };
  // Not `slice`: that of a Buffer makes a view, not a copy.
  const copy = new Uint8Array(data);
  return {
    payload: payload instanceof Uint8Array ? copy : [copy, [...handles]],
    bytes: data.byteLength + overhead,
    account,
    origin,
    place: 0,
  };
}

/** Releases the charge of an item that is no longer kept. */
export function letGo({ account, bytes }: Kept): void {
  account.release(bytes);
}

/** The wait of a queue, pipe or job for the server's memory. At most one at a time. */
export class MemoryWait {
  #leave: (() => void) | null = null;

  /** Calls `retry` once when there is room for the item. No effect during a wait. */
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
