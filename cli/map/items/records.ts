import { bytesToText } from "../../../protocol/escaped-text.js";
import { UsageError } from "../../usage-error.js";

/** Longest record, in bytes. It bounds memory when a stream has no separators. */
export const maxRecordBytes = 16 * 1024 * 1024;

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const carriageReturn = 13;

/**
 * Splits a stream of bytes at each `separator` (10: lines, which may also end with CR LF). Skips empty records.
 * The last record needs no separator. Bytes that are not UTF-8 are escaped. Reads only as far as the caller asks.
 * Throws UsageError on a record above `maxRecordBytes`.
 */
export async function* splitRecords(
  input: AsyncIterable<Uint8Array | string>,
  separator: number,
): AsyncGenerator<string> {
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  for await (const piece of input) {
    const chunk = typeof piece === "string" ? Buffer.from(piece) : piece;
    let start = 0;
    for (let end = chunk.indexOf(separator); end !== -1; end = chunk.indexOf(separator, start)) {
      const tail = chunk.subarray(start, end);
      start = end + 1;
      const record = decode(pendingBytes === 0 ? tail : Buffer.concat([...pending, tail]), separator);
      pending = [];
      pendingBytes = 0;
      if (record !== "") yield record;
    }
    if (start < chunk.length) {
      pending.push(chunk.subarray(start));
      pendingBytes += chunk.length - start;
      if (pendingBytes > maxRecordBytes) {
        throw new UsageError(
          `standard input has an item of more than ${maxRecordBytes / 1024 / 1024} MiB: ` +
            `are its items separated by ${separator === 10 ? "line ends (-0: by NUL)" : "what -0 or -d says"}?`,
        );
      }
    }
  }
  const record = decode(Buffer.concat(pending), separator);
  if (record !== "") yield record;
}

function decode(bytes: Uint8Array, separator: number): string {
  const record = separator === 10 && bytes.at(-1) === carriageReturn ? bytes.subarray(0, -1) : bytes;
  try {
    return strict.decode(record);
  } catch {
    return bytesToText(record);
  }
}
