import { activeChildren } from "./processes/active-children.js";
import { Barrier } from "./sync/barrier.js";
import { connectTo } from "./session/client-link.js";
import { Condition } from "./sync/condition.js";
import { Connection, type Link } from "./session/connection.js";
import { withConnection } from "./session/default-connection.js";
import { Event } from "./sync/event.js";
import { Lock } from "./sync/lock.js";
import { beginOutput, setOutputMode, type OutputMode } from "./session/output.js";
import { aFlag, anything, aText, checkOptions, type OptionTable } from "./session/options.js";
import { Pipe, type PipeEnd } from "./streams/pipe.js";
import { Pool } from "./pools/pool.js";
import { Process } from "./processes/process.js";
import { JoinableQueue, Queue } from "./streams/queue.js";
import { RLock } from "./sync/rlock.js";
import { BoundedSemaphore, Semaphore } from "./sync/semaphore.js";
import { SharedArray, Value } from "./memory/shared-array.js";
import { SharedMemory } from "./memory/shared-memory.js";
import { SimpleQueue } from "./streams/simple-queue.js";

export interface ConnectOptions {
  /** Token of a server on TCP. Default: POLYPROC_TOKEN. */
  token?: string | undefined;
  /** Name of this session in lists of clients. Default: the script's file name. */
  name?: string | undefined;
  /**
   * Whether to open blobs of other clients' process trees: values that only JavaScript can open, such as RegExp and
   * typed arrays. If false, such a value rejects with UntrustedBlob; plain data is not affected. Default:
   * POLYPROC_TRUST_BLOBS (1 or 0), otherwise true for `unix:` and false for `tcp:` and `tls:`.
   */
  trustBlobs?: boolean | undefined;
  /** Where the children's output goes. Default `ignore`: it stays with the server, and other clients can read it. */
  output?: OutputMode | undefined;
}

const connectOptions: OptionTable<ConnectOptions> = {
  token: aText,
  name: aText,
  trustBlobs: aFlag,
  output: anything,
};

/**
 * A separate session with a running server. It has the classes of this package, for objects of that server: Python's
 * `get_context`.
 *
 * ```ts
 * await using mp = await connect("unix:/run/user/1000/polyproc.sock");
 * const lock = new mp.Lock({ name: "build" });
 * ```
 */
export class Client implements AsyncDisposable {
  readonly connection: Connection;
  readonly Process: typeof Process;
  readonly Pool: typeof Pool;
  readonly Lock: typeof Lock;
  readonly RLock: typeof RLock;
  readonly Semaphore: typeof Semaphore;
  readonly BoundedSemaphore: typeof BoundedSemaphore;
  readonly Event: typeof Event;
  readonly Condition: typeof Condition;
  readonly Barrier: typeof Barrier;
  readonly Queue: typeof Queue;
  readonly JoinableQueue: typeof JoinableQueue;
  readonly SimpleQueue: typeof SimpleQueue;
  readonly SharedMemory: typeof SharedMemory;
  readonly SharedArray: typeof SharedArray;
  readonly Value: typeof Value;

  constructor(connection: Connection) {
    this.connection = connection;
    const bound = <C extends new (...args: never[]) => object>(ofPackage: C) => bind(connection, ofPackage);
    this.Process = bound(Process);
    this.Pool = bound(Pool);
    this.Lock = bound(Lock);
    this.RLock = bound(RLock);
    this.Semaphore = bound(Semaphore);
    this.BoundedSemaphore = bound(BoundedSemaphore);
    this.Event = bound(Event);
    this.Condition = bound(Condition);
    this.Barrier = bound(Barrier);
    this.Queue = bound(Queue);
    this.JoinableQueue = bound(JoinableQueue);
    this.SimpleQueue = bound(SimpleQueue);
    this.SharedMemory = bound(SharedMemory);
    this.SharedArray = bound(SharedArray);
    this.Value = bound(Value);
  }

  readonly Pipe = <T = unknown>(duplex = true): [PipeEnd<T>, PipeEnd<T>] =>
    withConnection(this.connection, () => Pipe<T>(duplex));

  /** The living children that this session started. */
  readonly activeChildren = (): Promise<Process[]> => activeChildren(this.connection);

  /** Changes where the children's output goes. */
  setOutput(mode: OutputMode): void {
    setOutputMode(this.connection, mode);
  }

  /** Ends the session: ends daemonic children, then waits for the others. The server goes on. */
  close(): Promise<void> {
    return this.connection.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/**
 * Connects to a running server (`polyproc serve`) at `unix:PATH`, `tcp:HOST:PORT` or `tls:HOST:PORT`. Rejects with
 * Closed if no server listens there, with TimedOut if what listens there does not answer within 30 s, and with
 * Unauthorized if the token is missing or wrong. The connection keeps the script alive only while requests are pending.
 */
export async function connect(address: string, options: ConnectOptions = {}): Promise<Client> {
  checkOptions("connect", options, connectOptions);
  const { token = process.env["POLYPROC_TOKEN"], name, trustBlobs, output = "ignore" } = options;
  const connection = new Connection((self): Promise<Link> => connectTo(self, address, { token, name, trustBlobs }));
  await connection.open();
  beginOutput(connection, output);
  return new Client(connection);
}

/** Makes the class create objects of this connection, also through subclasses. */
function bind<C extends new (...args: never[]) => object>(connection: Connection, ofPackage: C): C {
  return new Proxy(ofPackage, {
    construct: (target, args, newTarget) =>
      withConnection(connection, () => Reflect.construct(target, args, newTarget) as object),
  });
}
