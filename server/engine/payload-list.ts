import { PolyprocError } from "../../protocol/errors.js";
import { payloadData, payloadHandles, type Payload } from "../../protocol/schema.js";

/** The payload of a list with this one item, made without opening it. */
export function listOf(item: Payload): Payload {
  const data = payloadData(item);
  const list = new Uint8Array(data.length + 1);
  list[0] = 0x91;
  list.set(data, 1);
  return withHandles(list, item);
}

/** The payload of the one item in a list of one. */
export function onlyItem(list: Payload): Payload {
  const data = payloadData(list);
  // msgpack has three ways to begin a list of one; encoders use the first, but need not.
  if (data[0] === 0x91) return withHandles(data.subarray(1), list);
  if (data[0] === 0xdc && data[1] === 0 && data[2] === 1) return withHandles(data.subarray(3), list);
  if (data[0] === 0xdd && data[1] === 0 && data[2] === 0 && data[3] === 0 && data[4] === 1) return withHandles(data.subarray(5), list);
  throw new PolyprocError("InternalError", "a worker host sent a result that is not a list of one");
}

function withHandles(data: Uint8Array, source: Payload): Payload {
  const handles = payloadHandles(source);
  return handles.length === 0 ? data : [data, [...handles]];
}
