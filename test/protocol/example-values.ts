import { examples } from "../../protocol/examples/all.js";
import { isRequest } from "../../protocol/methods.js";
import type { Message } from "../../protocol/message.js";
import { convertPayloads, paramsPlaces, resultPlaces } from "../../protocol/payload-places.js";
import { jsonToPayload } from "../../protocol/values.js";
import { output } from "../../protocol/worker.js";

/** An example's params and result as a msgpack door would decode them. */
export function exampleValues(message: Message): { params: unknown; result: unknown } {
  const example = examples[message.method];
  let params = convertPayloads(paramsPlaces(message), example?.params, jsonToPayload);
  // The one message with bytes that are no payload; hosts never speak JSON.
  if (message === output)
    params = {
      ...(params as object),
      data: Buffer.from((params as { data: { $bytes: string } }).data.$bytes, "base64"),
    };
  return {
    params,
    result: isRequest(message) ? convertPayloads(resultPlaces(message), example?.result, jsonToPayload) : undefined,
  };
}
