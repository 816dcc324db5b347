import { Packr, type Options } from "msgpackr";

/** What every language reads: no records, no extension for `undefined`. */
const options: Options & { skipValues: unknown[] } = { useRecords: false, encodeUndefinedAsNil: true, skipValues: [undefined] };

const packr = new Packr(options);

/** A message as msgpack, for a `Content-Length` body. */
export function writeMsgpackBody(message: object): Buffer {
  return packr.pack(message);
}
