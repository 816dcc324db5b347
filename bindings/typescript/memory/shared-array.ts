import type { Handle } from "../../../protocol/schema.js";
import { aCount, aText, checkOptions } from "../session/options.js";
import { type NameOptions, sharedMark } from "../session/shared-object.js";
import type { Guard } from "../sync/guard.js";
import { Lock } from "../sync/lock.js";
import type { AcquireOptions } from "../sync/wait-options.js";
import { arrayOf, arrayOver, arrays, bytesOf, requireType } from "./elements.js";
import type { ArrayOf, ElementOf, ElementType } from "./elements.js";
import { onCompanion, SharedMemory } from "./shared-memory.js";

/** What travels beside the handle of the memory to another process of this language. */
interface Companion {
  type: ElementType;
  /** Null for a `Value`. */
  length: number | null;
  lock: Lock;
}

/** Numbers of one type in shared memory, and their lock. */
abstract class SharedNumbers<T extends ElementType> {
  readonly type: T;
  /** Python's `SharedMemory` of the same name has the same bytes, in the machine's byte order. */
  readonly memory: SharedMemory;
  /** To read and to write does not acquire it: `use` does. Of named numbers it has the same name. */
  readonly lock: Lock;

  protected constructor(type: T, values: ArrayOf<T>, options: NameOptions) {
    checkOptions(new.target.name, options, { name: aText });
    this.type = type;
    const data = bytesOf(values);
    this.memory = SharedMemory.of(options, { bytes: Math.max(1, data.length), data });
    this.lock = new Lock(options);
  }

  /** For the codec: travels as an object of the server. */
  get [sharedMark](): true {
    return true;
  }

  /** The name of its memory on the wire. */
  get handle(): Handle {
    return this.memory.handle;
  }

  /** @internal */
  abstract get companion(): Companion;

  /** Runs `action` while the lock is held. Rejects with TimedOut if the lock is not free in time. */
  use<R>(action: (guard: Guard) => R | PromiseLike<R>, options: AcquireOptions = {}): Promise<R> {
    return this.lock.use(action, options);
  }

  protected async load(from: number, to: number): Promise<ArrayOf<T>> {
    const size = arrays[this.type].BYTES_PER_ELEMENT;
    return arrayOver(this.type, await this.memory.read(from * size, (to - from) * size));
  }

  protected store(values: Iterable<ElementOf<T>>, at: number): Promise<void> {
    return this.memory.write(bytesOf(arrayOf(this.type, values)), at * arrays[this.type].BYTES_PER_ELEMENT);
  }
}

/**
 * An array of numbers that processes of one machine share: Python's `Array`.
 *
 * ```ts
 * const sums = new SharedArray("float64", 4);
 * await sums.use(async () => sums.set(2, (await sums.get(2)) + 1));
 * ```
 */
export class SharedArray<T extends ElementType = ElementType> extends SharedNumbers<T> {
  /** Number of elements. */
  readonly length: number;

  /** `content`: the length of an array of zeros, or the elements. Named memory that exists keeps its own elements. */
  constructor(type: T, content: number | Iterable<ElementOf<T>>, options: NameOptions = {}) {
    requireType(type);
    const expected = typeof content === "number" ? aCount(0)(content) : null;
    if (expected !== null)
      throw new RangeError(`the length of a SharedArray must be ${expected}; got ${content as number}`);
    const values = typeof content === "number" ? (new arrays[type](content) as ArrayOf<T>) : arrayOf(type, content);
    super(type, values, options);
    this.length = values.length;
  }

  /** @internal */
  override get companion(): Companion {
    return { type: this.type, length: this.length, lock: this.lock };
  }

  /** Rejects with a RangeError if there is no such element. */
  async get(index: number): Promise<ElementOf<T>> {
    return (await this.load(index, index + 1))[0]!;
  }

  async set(index: number, value: ElementOf<T>): Promise<void> {
    await this.store([value], index);
  }

  /** A copy of the elements from index `from` up to, not including, `to`. */
  read(from = 0, to = this.length): Promise<ArrayOf<T>> {
    return this.load(from, to);
  }

  /** Replaces elements, from index `at` on. */
  write(values: Iterable<ElementOf<T>>, at = 0): Promise<void> {
    return this.store(values, at);
  }
}

/** A number that processes of one machine share: Python's `Value`. */
export class Value<T extends ElementType = ElementType> extends SharedNumbers<T> {
  /** `initial`: default 0. A named value that exists keeps its own. */
  constructor(type: T, initial?: ElementOf<T>, options: NameOptions = {}) {
    requireType(type);
    super(type, initial === undefined ? (new arrays[type](1) as ArrayOf<T>) : arrayOf(type, [initial]), options);
  }

  /** @internal */
  override get companion(): Companion {
    return { type: this.type, length: null, lock: this.lock };
  }

  async get(): Promise<ElementOf<T>> {
    return (await this.load(0, 1))[0]!;
  }

  async set(value: ElementOf<T>): Promise<void> {
    await this.store([value], 0);
  }

  /** Replaces the value by the result of `change`, with the lock held. Resolves to the new value. */
  update(change: (value: ElementOf<T>) => ElementOf<T> | PromiseLike<ElementOf<T>>): Promise<ElementOf<T>> {
    return this.use(async () => {
      const next = await change(await this.get());
      await this.set(next);
      return next;
    });
  }
}

onCompanion((memory, companion) => {
  const { type, length, lock } = companion as Companion;
  const made = Object.create(length === null ? Value.prototype : SharedArray.prototype) as SharedNumbers<ElementType>;
  return Object.assign(made, { type, memory, lock }, length === null ? {} : { length });
});
