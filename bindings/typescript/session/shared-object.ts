import type { PolyprocError } from "../../../protocol/errors.js";
import type { Handle, HandleKind } from "../../../protocol/schema.js";
import type { Connection, RequestOptions } from "./connection.js";
import { Cancelled } from "./errors.js";
import { currentConnection } from "./default-connection.js";
import { aText, checkOptions, type OptionTable } from "./options.js";
import type { RequestName, RequestParams, RequestResult } from "./methods.js";

export interface NameOptions {
  /**
   * Shares the object by name: every client that uses the name on the same server gets the same object. It lives as
   * long as one session has it. 1 to 200 characters, no control characters. Default: an unnamed object.
   */
  name?: string | undefined;
}

/** A lock, a semaphore or a queue that can be of a cluster. */
export interface ClusterNameOptions extends NameOptions {
  /**
   * Address of a cluster's Redis: the object is shared by its name over all hosts of the cluster. See docs/cluster.md.
   * Default: it is of this machine's server.
   */
  cluster?: string | undefined;
}

interface ObjectRequestOptions extends Omit<RequestOptions, "after"> {
  /** True: the request may overtake large values that are still being sent. Default false. */
  urgent?: boolean;
}

export const nameOptions: OptionTable<NameOptions> = { name: aText };
export const clusterNameOptions: OptionTable<ClusterNameOptions> = { cluster: aText, ...nameOptions };

/** The handle of an object that another process sent. Constructors take it in place of their options. */
export class ExistingHandle {
  readonly connection: Connection;
  readonly handle: Handle;

  constructor(connection: Connection, handle: Handle) {
    this.connection = connection;
    this.handle = handle;
  }
}

const collected = new FinalizationRegistry<ExistingHandle>(({ connection, handle }) => connection.release(handle));

export const sharedMark = Symbol.for("polyproc.shared.1");

/**
 * Whether the value is an object of the server, made by this copy of the package or by another copy in the same
 * process.
 */
export function isShared(value: object): value is SharedObject {
  return sharedMark in value;
}

/**
 * Base class of all objects of the server.
 *
 * Creating one costs no round trip. Its handle is minted here and the `create` request is sent at once. If that fails,
 * the next use of the object throws the error. The first use of a named object waits for the answer. When the object
 * is garbage collected, its reference is released.
 */
export abstract class SharedObject {
  readonly #connection: Connection;
  readonly #kind: HandleKind;
  #name: string | undefined;
  #handle: Handle | null = null;
  #failure: PolyprocError | null = null;
  /** The number of the request that creates the object. */
  #createdBy = 0;
  /**
   * Of a named object: the answer to its `create`. Its requests wait for it: the server may refuse the object because
   * another one has its name. Null: nothing waits.
   */
  #making: Promise<void> | null = null;
  #waiting = 0;

  /** `table`: the options that the class takes, `name` among them. */
  protected constructor(
    kind: HandleKind,
    from: ExistingHandle | NameOptions,
    table: OptionTable<NameOptions> = nameOptions,
  ) {
    this.#kind = kind;
    if (from instanceof ExistingHandle) {
      this.#connection = from.connection;
      this.#name = undefined;
      this.#handle = from.handle;
      collected.register(this, from, this);
      return;
    }
    checkOptions(new.target.name, from, table);
    this.#connection = currentConnection();
    this.#name = checkedName(from.name);
  }

  /** Marks objects for `isShared`. */
  get [sharedMark](): true {
    return true;
  }

  /** The session to which the object belongs. */
  get connection(): Connection {
    return this.#connection;
  }

  /**
   * The object's name on the wire: `lock:s1.4`, or `lock:@build` for a named object. Throws Closed unless the
   * connection is open.
   */
  get handle(): Handle {
    if (this.#handle !== null) return this.#handle;
    this.#handle = this.#name === undefined ? this.connection.mint(this.#kind) : `${this.#kind}:@${this.#name}`;
    return this.#handle;
  }

  /** Why `create` failed; null if it has not. */
  protected get failure(): PolyprocError | null {
    return this.#failure;
  }

  /** A value that is sent with the handle to another process of this language; undefined: none. */
  get companion(): unknown {
    return undefined;
  }

  /** Receives the value that was sent with the handle. Returns the object that both stand for. */
  received(_companion: unknown): object {
    return this;
  }

  /** Sends the request that creates the object, and `twin` if given. Call it once, at the end of the constructor. */
  protected create<M extends RequestName>(
    method: M,
    params: (handle: Handle) => RequestParams<M>,
    twin?: SharedObject,
  ): void {
    const { connection } = this;
    const made = connection
      .whenOpen(() => {
        collected.register(this, new ExistingHandle(connection, this.handle), this);
        const makes = twin ? [this.handle, twin.handle] : [this.handle];
        // Answers come in order, so a failure is known before the answer to any later request.
        const answer = connection.request(method, params(this.handle), {
          background: true,
          keep: this,
          ...(this.#name === undefined && { makes }),
        });
        this.#createdBy = connection.lastRequest;
        return answer;
      })
      .then(() => {}, this.#failed);
    if (this.#name !== undefined) this.#making = made;
  }

  /** For an object that another object's request creates, or one of its own. Call it right after that request. */
  protected created(): void {
    this.connection
      .whenOpen(() => {
        collected.register(this, new ExistingHandle(this.connection, this.handle), this);
        this.#createdBy = this.connection.lastRequest;
      })
      .catch(this.#failed);
  }

  /** Creation failed: another attempt gets a new handle. */
  protected notCreated(): void {
    this.#handle = null;
  }

  /** Call it when the reference was dropped by a request: garbage collection must not drop it again. */
  protected letGo(): void {
    collected.unregister(this);
  }

  readonly #failed = (error: PolyprocError): void => {
    this.#failure = error;
    if (this.#name === undefined) return;
    // Its name may be that of another object, whose reference it must not release.
    this.letGo();
    this.#name = undefined;
    this.#handle = null;
  };

  /** Keeps the script alive until `create` has its answer. */
  async #made(): Promise<void> {
    this.#waiting++;
    this.connection.retainLoop();
    await this.#making;
    this.connection.releaseLoop();
    // Requests stay in order: one that comes while others wait must not overtake them.
    if (--this.#waiting === 0) this.#making = null;
    if (this.#failure) throw this.#failure;
  }

  protected async request<M extends RequestName>(
    method: M,
    params: (handle: Handle) => RequestParams<M>,
    options?: ObjectRequestOptions,
  ): Promise<RequestResult<M>> {
    if (this.#making) await this.#made();
    try {
      const result = await this.connection.request(method, () => params(this.handle), {
        ...options,
        ...(options?.urgent && { after: () => this.#createdBy }),
        keep: this,
      });
      if (this.#failure === null) return result;
    } catch (error) {
      if (this.#failure === null || (options?.signal?.aborted && error instanceof Cancelled)) throw error;
    }
    // Creation failed. That error is the cause, whatever happened to this request.
    throw this.#failure;
  }
}

function checkedName(name: string | undefined): string | undefined {
  // oxlint-disable-next-line no-control-regex -- that is the rule of the wire
  if (name === undefined || /^[^\u0000-\u001f]{1,200}$/.test(name)) return name;
  throw new TypeError(`a shared name has 1 to 200 characters and no control characters, got ${JSON.stringify(name)}`);
}
