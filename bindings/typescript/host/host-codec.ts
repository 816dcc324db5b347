import { payloadData, payloadHandles, storedBytes, type Payload } from "../../../protocol/payload.js";
import { decode, encodeResultFor, letGoOfBlock } from "../session/codec.js";
import { defaultConnection } from "../session/default-connection.js";
import { hostLink, type WorkerCodec } from "./link.js";

/**
 * How this copy's classes are loaded. The host sets it. In another copy of the package they are loaded already: that
 * copy offers its codec from `index.ts`, which imports all of them.
 */
let loadClasses: () => Promise<unknown> = () => Promise.resolve();

export function loadClassesBy(load: () => Promise<unknown>): void {
  loadClasses = load;
}

/** The codec of the host's own copy of the package. It loads the classes of objects only when a payload has handles. */
const own: WorkerCodec = { decode: decodeOwn, encode: encodeOwn };
let used = own;

/**
 * Uses the codec of the package copy that a task's module has loaded, such as one inside a bundle. Objects that the
 * task receives are then instances of that copy's classes, and `instanceof` holds. The first copy wins.
 */
export function adopt(codec: WorkerCodec): void {
  if (used === own) used = codec;
}

/** Offers this copy's codec to the host. Does nothing outside of workers. */
export function offerCodec(): void {
  hostLink()?.adopt(own);
}

/**
 * Decodes a task's arguments. Returns a promise if the payload has handles, because their classes are loaded only then.
 */
export function decodeArguments(payload: Payload): unknown {
  return used.decode(payload);
}

/** The task cannot run: its arguments are not decoded. */
export function dropArguments(payload: Payload): void {
  if (storedBytes(payload)) letGoOfBlock(payload, defaultConnection());
}

export function encodeResult(value: unknown): Payload {
  return used.encode(value);
}

function encodeOwn(value: unknown): Payload {
  return encodeResultFor(defaultConnection(), value);
}

function decodeOwn(payload: Payload): unknown {
  // Only a block: no class is needed for it.
  if (storedBytes(payload) && payloadHandles(payload).length === 1) {
    const data = payloadData(payload);
    dropArguments(payload);
    return decode(data, null);
  }
  return payloadHandles(payload).length === 0 ? decode(payload, null) : decodeWithHandles(payload);
}

async function decodeWithHandles(payload: Payload): Promise<unknown> {
  const connection = defaultConnection();
  await Promise.all([loadClasses(), connection.open()]);
  return decode(payload, connection);
}
