import { payloadHandles, type Payload } from "../../../protocol/payload.js";
import { decode, encode } from "../session/codec.js";
import { defaultConnection } from "../session/default-connection.js";
import { loadClasses } from "../session/handles.js";
import { hostLink, type WorkerCodec } from "./link.js";

/** This copy's own. Without the classes of objects, as long as no payload has handles. */
const own: WorkerCodec = { decode: decodeOwn, encode };
let used = own;

/**
 * A task's module may have installed a copy of the package that is not the host's (a bundle's, say). What it is given
 * are objects of its own copy, so that `instanceof` holds.
 */
export function adopt(codec: WorkerCodec): void {
  if (used === own) used = codec;
}

/** For each copy of the package as it is loaded; nothing happens outside of workers. */
export function offerCodec(): void {
  hostLink()?.adopt(own);
}

/**
 * A task's arguments. A promise when there are handles among them: the classes that they become are loaded only then.
 */
export function decodeArguments(payload: Payload): unknown {
  return used.decode(payload);
}

export function encodeResult(value: unknown): Payload {
  return used.encode(value);
}

function decodeOwn(payload: Payload): unknown {
  return payloadHandles(payload).length === 0 ? decode(payload, null) : decodeWithHandles(payload);
}

async function decodeWithHandles(payload: Payload): Promise<unknown> {
  const connection = defaultConnection();
  await Promise.all([loadClasses(), connection.open()]);
  return decode(payload, connection);
}
