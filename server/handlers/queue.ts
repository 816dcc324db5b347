import * as queue from "../../protocol/queue.js";
import { Lending, lendingOf } from "../engine/bypass/lending.js";
import { Queue } from "../engine/streams/queue.js";
import { answer, type Handler } from "./handler.js";

export const queueHandlers: readonly Handler[] = [
  answer(queue.create, ({ engine, session }, { queue: handle, maxSize = 0, joinable = false }) => {
    engine.registry.create(session, handle, Queue, () => new Queue(engine, handle, { maxSize, joinable }));
    return null;
  }),
  answer(queue.put, ({ engine, session }, { queue: handle, items, timeoutMs }) =>
    engine.registry.get(handle, Queue).put(session, items, timeoutMs),
  ),
  answer(queue.get, ({ engine, session }, { queue: handle, max = 1, timeoutMs, counter }) =>
    engine.registry.get(handle, Queue).get(session, max, timeoutMs, counter),
  ),
  answer(queue.tally, ({ engine, session }) => ({
    tally: Lending.of(session, engine.options.openTally)?.give() ?? null,
  })),
  answer(queue.settle, ({ session }, { counters }) => {
    lendingOf(session).settle(counters);
    return null;
  }),
  answer(queue.putBack, ({ engine, session }, { queue: handle, items, origins }) =>
    engine.registry.get(handle, Queue).putBack(session, items, origins),
  ),
  answer(queue.close, ({ engine, session }, { queue: handle }) => engine.registry.get(handle, Queue).close(session)),
  answer(queue.taskDone, ({ engine }, { queue: handle, n = 1 }) => engine.registry.get(handle, Queue).taskDone(n)),
  answer(queue.join, ({ engine, session }, { queue: handle, timeoutMs }) =>
    engine.registry.get(handle, Queue).join(session, timeoutMs),
  ),
  answer(queue.status, ({ engine }, { queue: handle }) => engine.registry.get(handle, Queue).status()),
];
