let loading: Promise<unknown> | null = null;

/** Loads every class that a handle can become. Await it before decoding a payload that has handles. */
export function loadClasses(): Promise<unknown> {
  return (loading ??= import("../index.js"));
}
