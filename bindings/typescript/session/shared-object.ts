import type { PolyprocError } from "../../../protocol/errors.js";
import type { Handle, HandleKind } from "../../../protocol/schema.js";
import type { Connection, RequestOptions } from "./connection.js";
import { currentConnection } from "./default-connection.js";
import type { RequestName, RequestParams, RequestResult } from "./methods.js";

export interface NameOptions {
  /**
   * Shares the object by name: whoever uses the name on the same server has the same object, as long as somebody has
   * it. 1 to 200 characters. Default: an object of its own.
   */
  name?: string | undefined;
}

/** An object that exists: its handle was received. Constructors take it in place of their options. */
export class ExistingHandle {
  readonly connection: Connection;
  readonly handle: Handle;

  constructor(connection: Connection, handle: Handle) {
    this.connection = connection;
    this.handle = handle;
  }
}

const collected = new FinalizationRegistry<ExistingHandle>(({ connection, handle }) => connection.release(handle));

const mark = Symbol.for("polyproc.shared.1");

/**
 * Whether it is an object of the server: of this copy of the package, or of another one that the same process has
 * loaded.
 */
export function isShared(value: object): value is SharedObject {
  return mark in value;
}

/**
 * What all objects of the server have in common. Making one costs no round trip: its handle is minted here, and the
 * request that makes it is on its way; should that fail, the next use says why. It is let go when it is garbage
 * collected.
 */
export abstract class SharedObject {
  readonly #connection: Connection;
  readonly #kind: HandleKind;
  readonly #name: string | undefined;
  #handle: Handle | null = null;
  #failure: PolyprocError | null = null;

  protected constructor(kind: HandleKind, from: ExistingHandle | NameOptions) {
    this.#kind = kind;
    if (from instanceof ExistingHandle) {
      this.#connection = from.connection;
      this.#name = undefined;
      this.#handle = from.handle;
      collected.register(this, from, this);
      return;
    }
    this.#connection = currentConnection();
    this.#name = checkedName(from.name);
  }

  /** What `isShared` looks for. */
  get [mark](): true {
    return true;
  }

  /** The session that it belongs to. */
  get connection(): Connection {
    return this.#connection;
  }

  /**
   * Its name on the wire: `lock:s1.4`, or `lock:@build` when it is shared by name. Only once its connection is open.
   */
  get handle(): Handle {
    if (this.#handle !== null) return this.#handle;
    this.#handle = this.#name === undefined ? this.connection.mint(this.#kind) : `${this.#kind}:@${this.#name}`;
    return this.#handle;
  }

  /** Why the server could not make it; null while nothing is wrong. */
  protected get failure(): PolyprocError | null {
    return this.#failure;
  }

  /** What travels beside the handle when the object is sent to another process of this language; undefined: nothing. */
  get companion(): unknown {
    return undefined;
  }

  /** What came beside the handle. */
  set companion(_value: unknown) {}

  /** Asks the server to make the object: once, at the end of the constructor. */
  protected create<M extends RequestName>(method: M, params: (handle: Handle) => RequestParams<M>): void {
    this.connection.whenOpen(() => {
      collected.register(this, new ExistingHandle(this.connection, this.handle), this);
      // Known as soon as the answer is: before that of any request that follows.
      this.connection.request(method, params(this.handle), { background: true, keep: this }).catch(this.#failed);
    }).catch(this.#failed);
  }

  /** The object is made by another one's request. */
  protected created(): void {
    this.connection.whenOpen(() => collected.register(this, new ExistingHandle(this.connection, this.handle), this)).catch(this.#failed);
  }

  /** It could not be made: another attempt gets another handle. */
  protected notCreated(): void {
    this.#handle = null;
  }

  /** Its reference has been dropped in another way than by being collected. */
  protected letGo(): void {
    collected.unregister(this);
  }

  readonly #failed = (error: PolyprocError): void => {
    this.#failure = error;
  };

  protected async request<M extends RequestName>(method: M, params: (handle: Handle) => RequestParams<M>, options?: RequestOptions): Promise<RequestResult<M>> {
    try {
      const result = await this.connection.request(method, () => params(this.handle), options ? { ...options, keep: this } : { keep: this });
      if (this.#failure === null) return result;
    } catch (error) {
      if (this.#failure === null || error === options?.signal?.reason) throw error;
    }
    // The object could not be made, which was answered before: that is what is wrong, whatever became of this request.
    throw this.#failure;
  }
}

function checkedName(name: string | undefined): string | undefined {
  // oxlint-disable-next-line no-control-regex -- that is the rule of the wire
  if (name === undefined || /^[^\u0000-\u001f]{1,200}$/.test(name)) return name;
  throw new TypeError(`a shared name has 1 to 200 characters and no control characters, got ${JSON.stringify(name)}`);
}
