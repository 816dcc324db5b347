import { messageByMethod, isRequest } from "../../protocol/methods.js";
import { convertPayloads, paramsPlaces, resultPlaces } from "../../protocol/payload-places.js";
import { isPayload, payloadData, type Payload } from "../../protocol/schema.js";
import { jsonToPayload, payloadToJson } from "../../protocol/values.js";

/** Parameters that came as JSON, their payloads as the server moves them. Fails with InvalidParams. */
export function paramsFromJson(method: string, params: unknown): unknown {
  const message = messageByMethod.get(method);
  return message ? convertPayloads(paramsPlaces(message), params, jsonToPayload) : params;
}

/** Parameters of a notification, as JSON. */
export function paramsToJson(method: string, params: unknown): unknown {
  const message = messageByMethod.get(method);
  return message ? convertPayloads(paramsPlaces(message), params, toJsonOrBlob) : params;
}

/** The result of a request of this method, as JSON. Fails with Malformed when a payload in it is not msgpack. */
export function resultToJson(method: string, result: unknown): unknown {
  const message = messageByMethod.get(method);
  return message && isRequest(message) ? convertPayloads(resultPlaces(message), result, toJson) : result;
}

function toJson(payload: unknown): unknown {
  return isPayload(payload) ? payloadToJson(payload) : payload;
}

/** A notification cannot fail: bytes that are not msgpack come as an unopened value. */
function toJsonOrBlob(payload: unknown): unknown {
  try {
    return toJson(payload);
  } catch {
    return { $blob: { tag: "polyproc/undecodable", data: Buffer.from(payloadData(payload as Payload)).toString("base64") } };
  }
}
