import * as v from "valibot";
import { anyHandle } from "./schema.js";

/** Arrays and maps inside one another, at most. */
export const maxDepth = 512;

/** Extension types of msgpack inside payloads. */
export const extensions = {
  /** UTF-8 text of the handle. */
  handle: 1,
  /** msgpack of `[tag, bin]`: a value that only the language named by the tag can open. */
  blob: 2,
  /** msgpack's own. */
  timestamp: -1,
} as const;

const handleSchema = anyHandle();

/** Whether it is a handle of any kind that UTF-8 can write. */
export function isHandle(text: string): boolean {
  return v.is(handleSchema, text) && !/\p{Surrogate}/u.test(text);
}
