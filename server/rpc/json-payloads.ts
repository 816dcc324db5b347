import { messageByMethod, isRequest } from "../../protocol/methods.js";
import { convertPayloads, paramsPlaces, resultPlaces } from "../../protocol/payload-places.js";
import { isPayload, payloadData, type Payload } from "../../protocol/schema.js";
import { jsonToPayload, payloadToJson } from "../../protocol/values.js";

/** Converts the payloads in JSON parameters to msgpack. Throws InvalidParams. */
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

/** If the bytes of a payload are not msgpack, a blob holds them, so that one bad item does not hide the others. */
function toJsonOrBlob(payload: unknown): unknown {
  try {
    return isPayload(payload) ? payloadToJson(payload) : payload;
  } catch {
    return {
      $blob: { tag: "polyproc/undecodable", data: Buffer.from(payloadData(payload as Payload)).toString("base64") },
    };
  }
}
