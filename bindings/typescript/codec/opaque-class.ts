import { isPromise } from "node:util/types";

/**
 * Name of the value's class, if the value's content is not in its members: a promise, a generator, a stream, a Blob.
 * Copied by its members it would be empty. Such classes name themselves by `Symbol.toStringTag`.
 */
export function opaqueClassOf(value: object): string | undefined {
  if (!(Symbol.toStringTag in value)) return undefined;
  if (Object.keys(value).length > 0 && !isPromise(value)) return undefined;
  const name: unknown = value[Symbol.toStringTag];
  return typeof name === "string" && name !== "" ? name : undefined;
}
