import * as lock from "../../protocol/lock.js";
import { Lock } from "../engine/sync/lock.js";
import { answer, castAnswer, type Handler } from "./handler.js";

export const lockHandlers: readonly Handler[] = [
  answer(lock.create, ({ engine, session }, { lock: handle }) => {
    engine.registry.create(session, handle, Lock, () => new Lock(engine, handle));
    return null;
  }),
  answer(lock.acquire, ({ engine, session }, { lock: handle, owner = "", timeoutMs }) =>
    engine.registry.get(handle, Lock).acquire(session, owner, timeoutMs),
  ),
  answer(lock.release, ({ engine, session }, { lock: handle, owner = "", cast = false }) => {
    const released = engine.registry.get(handle, Lock).release(session, owner);
    return cast ? castAnswer : released;
  }),
  answer(lock.status, ({ engine }, { lock: handle }) => engine.registry.get(handle, Lock).status()),
];
