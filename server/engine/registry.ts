import { PolyprocError } from "../../protocol/errors.js";
import { payloadHandles, type Handle, type Payload } from "../../protocol/schema.js";
import type { SyncInfo } from "../../protocol/events.js";
import type { Guard } from "./guard.js";
import type { Session } from "./session.js";

/** Anything that has a handle. */
export interface SharedObject {
  readonly handle: Handle;
  /** The last reference has been dropped: release everything and fail all waits. */
  unreferenced(): void;
  /** State for subscribers of the synchronisation topic. Absent for processes, pools and jobs. */
  describe?(): SyncInfo;
  /** A payload that names the object was stored, or handed to a session. */
  stored?(): void;
}

interface Entry {
  readonly object: SharedObject;
  /** Number of all references: of sessions, of the engine itself, and of payloads in flight. */
  references: number;
  /** The references by payloads in flight, counted for each object that stores them. That can be the object itself. */
  containers: Map<SharedObject, number> | null;
  /** Sum of `containers`. */
  contained: number;
  /** A session that had a reference has dropped all of its own, or has ended. */
  left: boolean;
}

type ObjectClass<T extends SharedObject> = abstract new (...args: never[]) => T;

/** Every object of the server by its handle, with its references. */
export class Registry {
  readonly #guard: Guard;
  readonly #entries = new Map<Handle, Entry>();
  readonly #unreferenced: SharedObject[] = [];
  #lettingGo = false;
  /** Called for each object that is created or gone. */
  onChange: (object: SharedObject, gone: boolean) => void = () => {};

  constructor(guard: Guard) {
    this.#guard = guard;
  }

  get size(): number {
    return this.#entries.size;
  }

  *objects(): IterableIterator<SharedObject> {
    for (const entry of this.#entries.values()) yield entry.object;
  }

  /** Creates an object, or finds the existing one if the handle is a name. Gives the session a reference. */
  create<T extends SharedObject>(session: Session, handle: Handle, type: ObjectClass<T>, make: () => T): T {
    const existing = this.#entries.get(handle);
    if (existing && isNamed(handle)) {
      if (!(existing.object instanceof type)) throw wrongKind(handle, existing.object);
      this.retain(session, handle);
      return existing.object;
    }
    this.requireNew(session, handle);
    const object = make();
    this.#entries.set(handle, { object, references: 0, containers: null, contained: 0, left: false });
    this.retain(session, handle);
    this.onChange(object, false);
    return object;
  }

  /** Throws unless the session may create an object with this handle and none exists. */
  requireNew(session: Session, handle: Handle): void {
    const suffix = handle.slice(handle.indexOf(":") + 1);
    if (!isNamed(handle) && !suffix.startsWith(`${session.id}.`)) {
      throw new PolyprocError(
        "InvalidParams",
        `this session cannot create ${handle}: its handles begin with "${session.id}.", those of named objects ` +
          `with "@"`,
      );
    }
    if (this.#entries.has(handle)) throw new PolyprocError("BadState", `${handle} is in use; mint each handle once`);
  }

  /** Throws UnknownHandle unless every handle in the payload exists. */
  requireKnown(payload: Payload): void {
    for (const handle of payloadHandles(payload)) this.#require(handle);
  }

  get<T extends SharedObject>(handle: Handle, type: ObjectClass<T>): T {
    const entry = this.#entries.get(handle);
    if (!entry) throw unknownHandle(handle);
    if (!(entry.object instanceof type)) throw wrongKind(handle, entry.object);
    return entry.object;
  }

  find(handle: Handle): SharedObject | undefined {
    return this.#entries.get(handle)?.object;
  }

  has(handle: Handle): boolean {
    return this.#entries.has(handle);
  }

  retain(session: Session, handle: Handle): void {
    this.#require(handle).references++;
    session.references.set(handle, (session.references.get(handle) ?? 0) + 1);
  }

  /** Drops one of the session's references. No effect if it has none. */
  release(session: Session, handle: Handle): void {
    const held = session.references.get(handle);
    if (held === undefined) return;
    if (held === 1) {
      session.references.delete(handle);
      this.#left(handle);
    } else session.references.set(handle, held - 1);
    this.#drop(handle, 1);
  }

  releaseAll(session: Session): void {
    const references = [...session.references];
    session.references.clear();
    for (const [handle, held] of references) {
      this.#left(handle);
      this.#drop(handle, held);
    }
  }

  /** Whether a session had a reference to the object and has none now. */
  wasLeft(handle: Handle): boolean {
    return this.#entries.get(handle)?.left ?? false;
  }

  /** Whether only these sessions can reach the object: no other session refers to it, and no payload in flight. */
  isKnownOnlyTo(handle: Handle, sessions: Iterable<Session>): boolean {
    let missing = this.#entries.get(handle)?.references ?? 0;
    for (const session of sessions) missing -= session.references.get(handle) ?? 0;
    return missing === 0 && !isNamed(handle);
  }

  /**
   * A payload is stored: its objects live as long as it is in flight. `container`: the object that stores it, if that
   * object can itself become unreferenced (a queue, a pipe end). Throws UnknownHandle, without any change, if one of
   * the handles does not exist.
   */
  retainPayload(payload: Payload, container?: SharedObject): void {
    this.requireKnown(payload);
    for (const handle of payloadHandles(payload)) {
      const entry = this.#require(handle);
      entry.references++;
      if (container) contain(entry, container);
      entry.object.stored?.();
    }
  }

  /** A stored payload was given to a session: its references are now the session's. */
  deliverPayload(session: Session, payload: Payload, container?: SharedObject): void {
    for (const handle of payloadHandles(payload)) {
      const entry = this.#entries.get(handle);
      if (entry && container) uncontain(entry, container);
      session.references.set(handle, (session.references.get(handle) ?? 0) + 1);
    }
  }

  /** A stored payload was dropped and not received. */
  dropPayload(payload: Payload, container?: SharedObject): void {
    for (const handle of payloadHandles(payload)) {
      const entry = this.#entries.get(handle);
      if (entry && container) uncontain(entry, container);
      this.#drop(handle, 1);
    }
  }

  /** A stored payload is given to a session and stays stored: the session gets references of its own. */
  showPayload(session: Session, payload: Payload): void {
    for (const handle of payloadHandles(payload)) this.retain(session, handle);
  }

  /** A payload that was not stored is given to a session. Handles of objects that are gone are left out. */
  handPayload(session: Session, payload: Payload): void {
    for (const handle of payloadHandles(payload)) {
      if (!this.#entries.has(handle)) continue;
      this.retain(session, handle);
      this.find(handle)?.stored?.();
    }
  }

  /** Adds a reference of the engine's own, for objects that must outlive their sessions. */
  pin(handle: Handle): void {
    this.#require(handle).references++;
  }

  unpin(handle: Handle): void {
    this.#drop(handle, 1);
  }

  #left(handle: Handle): void {
    const entry = this.#entries.get(handle);
    if (entry) entry.left = true;
  }

  #require(handle: Handle): Entry {
    const entry = this.#entries.get(handle);
    if (!entry) throw unknownHandle(handle);
    return entry;
  }

  #drop(handle: Handle, n: number): void {
    const entry = this.#entries.get(handle);
    if (!entry) return;
    entry.references -= n;
    if (entry.references > 0 && !this.#isStranded(entry)) return;
    this.#entries.delete(handle);
    this.#letGo(entry.object);
  }

  /** A loop, not a recursion: a chain of queues that contain each other may be longer than the stack. */
  #letGo(object: SharedObject): void {
    this.#unreferenced.push(object);
    if (this.#lettingGo) return;
    this.#lettingGo = true;
    for (let next = this.#unreferenced.pop(); next; next = this.#unreferenced.pop()) {
      const gone = next;
      this.#guard.run(null, () => gone.unreferenced());
      this.#guard.run(null, () => this.onChange(gone, true));
    }
    this.#lettingGo = false;
  }

  /**
   * Whether an object can no longer be reached: all its references are by payloads inside objects that cannot be
   * reached either. An example is a pipe end inside an unread item of its own pipe. Reference counts alone would keep
   * such a cycle for ever.
   */
  #isStranded(entry: Entry): boolean {
    const seen = new Set([entry]);
    const open = [entry];
    for (let next = open.pop(); next; next = open.pop()) {
      if (next.references > next.contained) return false;
      for (const container of next.containers?.keys() ?? []) {
        const holder = this.#entries.get(container.handle);
        if (holder?.object !== container || seen.has(holder)) continue;
        seen.add(holder);
        open.push(holder);
      }
    }
    return true;
  }
}

function contain(entry: Entry, container: SharedObject): void {
  entry.containers ??= new Map();
  entry.containers.set(container, (entry.containers.get(container) ?? 0) + 1);
  entry.contained++;
}

function uncontain(entry: Entry, container: SharedObject): void {
  const times = entry.containers?.get(container);
  if (times === undefined) return;
  entry.contained--;
  if (times > 1) entry.containers?.set(container, times - 1);
  else entry.containers?.delete(container);
}

export function isNamed(handle: Handle): boolean {
  return handle.includes(":@");
}

/** The error of waits for an object that has lost its last reference. */
export function releasedByAll(handle: Handle): PolyprocError {
  return new PolyprocError(
    "UnknownHandle",
    `every session has released ${handle}: keep a reference while you wait for it`,
    { handle },
  );
}

function unknownHandle(handle: Handle): PolyprocError {
  return new PolyprocError(
    "UnknownHandle",
    `${handle} does not exist: it was never created, every session has released it, ` +
      "or the server was restarted (compare instanceId)",
    { handle },
  );
}

function wrongKind(handle: Handle, object: SharedObject): PolyprocError {
  return new PolyprocError("InvalidParams", `this request does not work on ${handle}, a ${object.constructor.name}`, {
    handle,
  });
}
