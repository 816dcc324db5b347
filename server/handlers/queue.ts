import * as queue from "../../protocol/queue.js";
import { Lending, lendingOf } from "../engine/bypass/lending.js";
import { ClusterQueue } from "../engine/streams/cluster-queue.js";
import { Queue } from "../engine/streams/queue.js";
import { QueueObject } from "../engine/streams/queue-object.js";
import { existingOf, nameInCluster, requireCluster } from "../engine/sync/cluster-permits.js";
import { answer, type Handler } from "./handler.js";

export const queueHandlers: readonly Handler[] = [
  answer(queue.create, ({ engine, session }, { queue: handle, maxSize = 0, joinable = false, cluster }) => {
    const { registry, options } = engine;
    const existing = existingOf(registry.find(handle), QueueObject);
    const settings = { maxSize, joinable };
    if (cluster === undefined) {
      requireCluster(handle, existing, null);
      registry.create(session, handle, QueueObject, () => new Queue(engine, handle, settings));
    } else {
      const name = nameInCluster(handle, existing, options.clusters.shown(cluster));
      const make = () => new ClusterQueue(engine, handle, name, settings, cluster, options.clusters);
      registry.create(session, handle, QueueObject, make);
    }
    return null;
  }),
  answer(queue.put, ({ engine, session }, { queue: handle, items, timeoutMs }) =>
    engine.registry.get(handle, QueueObject).put(session, items, timeoutMs),
  ),
  answer(queue.get, ({ engine, session }, { queue: handle, max = 1, timeoutMs, counter }) =>
    engine.registry.get(handle, QueueObject).get(session, max, timeoutMs, counter),
  ),
  answer(queue.tally, ({ engine, session }) => ({
    tally: Lending.of(session, engine.options.openTally)?.give() ?? null,
  })),
  answer(queue.settle, ({ session }, { counters }) => {
    lendingOf(session).settle(counters);
    return null;
  }),
  answer(queue.putBack, ({ engine, session }, { queue: handle, items, origins }) =>
    engine.registry.get(handle, QueueObject).putBack(session, items, origins),
  ),
  answer(queue.close, ({ engine, session }, { queue: handle }) =>
    engine.registry.get(handle, QueueObject).close(session),
  ),
  answer(queue.taskDone, ({ engine }, { queue: handle, n = 1 }) =>
    engine.registry.get(handle, QueueObject).taskDone(n),
  ),
  answer(queue.join, ({ engine, session }, { queue: handle, timeoutMs }) =>
    engine.registry.get(handle, QueueObject).join(session, timeoutMs),
  ),
  answer(queue.status, ({ engine }, { queue: handle }) => engine.registry.get(handle, QueueObject).status()),
];
