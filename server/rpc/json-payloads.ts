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

/** The result of a request of this method, as JSON. */
export function resultToJson(method: string, result: unknown): unknown {
  const message = messageByMethod.get(method);
  return message && isRequest(message) ? convertPayloads(resultPlaces(message), result, toJsonOrBlob) : result;
}

/** Bytes of another peer that are not msgpack come as an unopened value: nothing else in the message is lost for them. */
function toJsonOrBlob(payload: unknown): unknown {
  try {
    return isPayload(payload) ? payloadToJson(payload) : payload;
  } catch {
    return { $blob: { tag: "polyproc/undecodable", data: Buffer.from(payloadData(payload as Payload)).toString("base64") } };
  }
}
