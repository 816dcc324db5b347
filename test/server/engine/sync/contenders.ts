import type { Handle } from "../../../../protocol/schema.js";
import type { SharedObject } from "../../../../server/engine/registry.js";
import type { Session } from "../../../../server/engine/session.js";
import type { Wait } from "../../../../server/engine/wait.js";
import { FakeWorld } from "../fake-engine.js";
import type { Acquired } from "../model-line.js";
import { ask } from "../probe.js";

interface Acquirable extends SharedObject {
  acquire(session: Session, owner: string, timeoutMs?: number | null): Acquired | Wait<Acquired>;
}

/** Three sessions that share a lock or a semaphore. */
export function contenders<T extends Acquirable>(
  handle: Handle,
  kind: new (...args: never[]) => T,
  make: (world: FakeWorld) => T,
) {
  const world = new FakeWorld();
  const [a, b, c] = [world.session(), world.session(), world.session()];
  const shared = world.engine.registry.create(a, handle, kind, () => make(world));
  for (const other of [b, c]) world.engine.registry.retain(other, handle);
  const acquire = (session: Session, timeoutMs?: number, owner = "") =>
    ask(() => shared.acquire(session, owner, timeoutMs));
  return { world, shared, a, b, c, acquire };
}

export const got = { acquired: true, ownerDied: false };
export const notGot = { acquired: false, ownerDied: false };
export const inherited = { acquired: true, ownerDied: true };
