import * as v from "valibot";
import { anyHandle } from "./schema.js";

/** How deep arrays and maps may nest. */
export const maxDepth = 512;

/** Extension types of msgpack inside payloads. */
export const extensions = {
  /** UTF-8 text of the handle. */
  handle: 1,
  /** msgpack of `[tag, bin]`: a value that only the language named by the tag can open. */
  blob: 2,
  /** An integer of any size, apart from those of msgpack itself: two's complement, the highest byte first. */
  bigInteger: 3,
  /** msgpack's own. */
  timestamp: -1,
} as const;

const handleSchema = anyHandle();

/** Whether the text is a handle of any kind, without lone surrogates (which UTF-8 cannot encode). */
export function isHandle(text: string): boolean {
  return v.is(handleSchema, text) && !/\p{Surrogate}/u.test(text);
}
