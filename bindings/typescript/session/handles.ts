import type { Handle, HandleKind } from "../../../protocol/schema.js";
import type { Connection } from "./connection.js";
import { ExistingHandle } from "./shared-object.js";

type Rebuild = (from: ExistingHandle) => unknown;

const rebuilders = new Map<HandleKind, Rebuild>();

/** Registers how an object is built from a received handle of this kind. */
export function registerKind(kind: HandleKind, rebuild: Rebuild): void {
  rebuilders.set(kind, rebuild);
}

/**
 * Builds the object of a handle in a payload. Classes register when their module is loaded. A worker loads them only
 * when a payload has handles (`host/classes.ts`).
 */
export function rebuild(handle: Handle, connection: Connection | null): unknown {
  const make = rebuilders.get(handle.slice(0, handle.indexOf(":")) as HandleKind);
  if (!connection || !make) return new UnknownObject(handle);
  return make(new ExistingHandle(connection, handle));
}

/** A handle of a kind that this process does not know, or without a connection. */
export class UnknownObject {
  readonly handle: Handle;

  constructor(handle: Handle) {
    this.handle = handle;
  }
}
