import * as lock from "../../protocol/lock.js";
import { ClusterLock } from "../engine/sync/cluster-lock.js";
import { existingOf, nameInCluster, requireCluster } from "../engine/sync/cluster-permits.js";
import { Lock, LockObject } from "../engine/sync/lock.js";
import { answer, castAnswer, type Handler } from "./handler.js";

export const lockHandlers: readonly Handler[] = [
  answer(lock.create, ({ engine, session }, { lock: handle, cluster }) => {
    const { registry, options } = engine;
    const existing = existingOf(registry.find(handle), LockObject);
    if (cluster === undefined) {
      requireCluster(handle, existing, null);
      registry.create(session, handle, LockObject, () => new Lock(engine, handle));
    } else {
      const name = nameInCluster(handle, existing, options.clusters.shown(cluster));
      const make = () => new ClusterLock(engine, handle, name, cluster, options.clusters);
      registry.create(session, handle, LockObject, make);
    }
    return null;
  }),
  answer(lock.acquire, ({ engine, session }, { lock: handle, owner = "", timeoutMs }) =>
    engine.registry.get(handle, LockObject).acquire(session, owner, timeoutMs),
  ),
  answer(lock.release, ({ engine, session }, { lock: handle, owner = "", cast = false }) => {
    const released = engine.registry.get(handle, LockObject).release(session, owner);
    if (!cast) return released;
    // The sender hears nothing of a lease that had ended: its process ends, too.
    if (released !== null) released.catch(() => {});
    return castAnswer;
  }),
  answer(lock.attach, ({ engine, session }) => ({
    words: engine.options.sharesDescriptors && session.blobs === "all" ? engine.lockWords.attach(session) : null,
  })),
  answer(lock.status, ({ engine }, { lock: handle }) => engine.registry.get(handle, LockObject).status()),
];
