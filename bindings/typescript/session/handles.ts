import type { Handle, HandleKind } from "../../../protocol/schema.js";
import type { Connection } from "./connection.js";
import { ExistingHandle } from "./shared-object.js";

type Rebuild = (from: ExistingHandle) => unknown;

const rebuilders = new Map<HandleKind, Rebuild>();

/** The class of a kind of handle says how to make its object from a handle that was received. */
export function registerKind(kind: HandleKind, rebuild: Rebuild): void {
  rebuilders.set(kind, rebuild);
}

/**
 * The object of a handle that came in a payload. Classes register themselves when their module is loaded, which a
 * worker does only when handles come (`loadClasses`).
 */
export function rebuild(handle: Handle, connection: Connection | null): unknown {
  const make = rebuilders.get(handle.slice(0, handle.indexOf(":")) as HandleKind);
  if (!connection || !make) return new UnknownObject(handle);
  return make(new ExistingHandle(connection, handle));
}

let loading: Promise<unknown> | null = null;

/** Loads every class that a handle can become: before the first payload that holds handles is decoded. */
export function loadClasses(): Promise<unknown> {
  return (loading ??= import("../index.js"));
}

/** A handle that cannot be used here. */
export class UnknownObject {
  readonly handle: Handle;

  constructor(handle: Handle) {
    this.handle = handle;
  }
}
