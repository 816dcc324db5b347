import { payloadHandles, type Payload } from "../../../protocol/payload.js";
import { decode, encode } from "../codec.js";
import { defaultConnection } from "../default-connection.js";
import { loadClasses } from "../handles.js";

/** A task's arguments. A promise when there are handles among them: the classes that they become are loaded only then. */
export function decodeArguments(payload: Payload): unknown {
  return payloadHandles(payload).length === 0 ? decode(payload, null) : decodeWithHandles(payload);
}

async function decodeWithHandles(payload: Payload): Promise<unknown> {
  const connection = defaultConnection();
  await Promise.all([loadClasses(), connection.open()]);
  return decode(payload, connection);
}

export { encode as encodeResult };
