import type { Options } from "msgpackr";
import { Packr } from "msgpackr/pack";

/** Without msgpackr's extensions (records, `undefined`), which other languages do not read. */
const options: Options & { skipValues: unknown[] } = {
  useRecords: false,
  encodeUndefinedAsNil: true,
  skipValues: [undefined],
};

const packr = new Packr(options);

/** A message as msgpack, for a `Content-Length` body. */
export function writeMsgpackBody(message: object): Buffer {
  return packr.pack(message);
}
