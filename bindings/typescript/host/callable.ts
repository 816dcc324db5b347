/** A loaded target. `call` applies it to the task's arguments and may return a promise. */
export interface Callable {
  call(args: readonly unknown[]): unknown;
  /** The function was sent as source text: it does not see the scope in which it was written. */
  fromSource: boolean;
}

type AnyFunction = (this: unknown, ...args: readonly unknown[]) => unknown;
type RunnableClass = new (...args: readonly unknown[]) => { run(): unknown };

/**
 * Makes a Callable: a function is called; a class with `run()` is constructed with the arguments, then run. Undefined
 * for any other value.
 */
export function callableOf(value: unknown, self: unknown, fromSource: boolean): Callable | undefined {
  if (typeof value !== "function") return undefined;
  const prototype = (value as { prototype?: { run?: unknown } }).prototype;
  if (typeof prototype?.run === "function") {
    const Runnable = value as unknown as RunnableClass;
    return { call: (args) => new Runnable(...args).run(), fromSource };
  }
  if (isClass(value)) return undefined;
  const target = value as AnyFunction;
  return { call: (args) => target.apply(self, args as unknown[]), fromSource };
}

export function isClass(value: unknown): boolean {
  return typeof value === "function" && /^class\b/.test(Function.prototype.toString.call(value));
}
