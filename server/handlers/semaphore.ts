import * as semaphore from "../../protocol/semaphore.js";
import { Semaphore } from "../engine/sync/semaphore.js";
import { answer, castAnswer, type Handler } from "./handler.js";

export const semaphoreHandlers: readonly Handler[] = [
  answer(semaphore.create, ({ engine, session }, { semaphore: handle, value = 1, bounded = false }) => {
    engine.registry.create(session, handle, Semaphore, () => new Semaphore(engine, handle, value, bounded));
    return null;
  }),
  answer(semaphore.acquire, ({ engine, session }, { semaphore: handle, owner = "", timeoutMs }) =>
    engine.registry.get(handle, Semaphore).acquire(session, owner, timeoutMs),
  ),
  answer(semaphore.release, ({ engine, session }, { semaphore: handle, owner = "", n = 1, cast = false }) => {
    const released = engine.registry.get(handle, Semaphore).release(session, owner, n);
    return cast ? castAnswer : released;
  }),
  answer(semaphore.status, ({ engine }, { semaphore: handle }) => engine.registry.get(handle, Semaphore).status()),
];
