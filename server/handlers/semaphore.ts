import * as semaphore from "../../protocol/semaphore.js";
import { ClusterSemaphore } from "../engine/sync/cluster-semaphore.js";
import { existingOf, nameInCluster, requireCluster } from "../engine/sync/cluster-permits.js";
import { Semaphore, SemaphoreObject } from "../engine/sync/semaphore.js";
import { answer, castAnswer, type Handler } from "./handler.js";

export const semaphoreHandlers: readonly Handler[] = [
  answer(semaphore.create, ({ engine, session }, { semaphore: handle, value = 1, bounded = false, cluster }) => {
    const { registry, options } = engine;
    const existing = existingOf(registry.find(handle), SemaphoreObject);
    if (cluster === undefined) {
      requireCluster(handle, existing, null);
      registry.create(session, handle, SemaphoreObject, () => new Semaphore(engine, handle, value, bounded));
    } else {
      const name = nameInCluster(handle, existing, options.clusters.shown(cluster));
      const make = () => new ClusterSemaphore(engine, handle, name, value, cluster, options.clusters);
      registry.create(session, handle, SemaphoreObject, make);
    }
    return null;
  }),
  answer(semaphore.acquire, ({ engine, session }, { semaphore: handle, owner = "", timeoutMs }) =>
    engine.registry.get(handle, SemaphoreObject).acquire(session, owner, timeoutMs),
  ),
  answer(semaphore.release, ({ engine, session }, { semaphore: handle, owner = "", n = 1, cast = false }) => {
    const released = engine.registry.get(handle, SemaphoreObject).release(session, owner, n);
    if (!cast) return released;
    if (released !== null) released.catch(() => {});
    return castAnswer;
  }),
  answer(semaphore.status, ({ engine }, { semaphore: handle }) =>
    engine.registry.get(handle, SemaphoreObject).status(),
  ),
];
