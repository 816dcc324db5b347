import * as condition from "../../protocol/condition.js";
import { PolyprocError } from "../../protocol/errors.js";
import { Condition } from "../engine/sync/condition.js";
import { Lock } from "../engine/sync/lock.js";
import { answer, type Handler } from "./handler.js";

export const conditionHandlers: readonly Handler[] = [
  answer(condition.create, ({ engine, session }, { condition: handle, lock: lockHandle }) => {
    const lock = engine.registry.get(lockHandle, Lock);
    const existing = engine.registry.find(handle);
    if (existing instanceof Condition && existing.lock !== lock) {
      throw new PolyprocError(
        "BadState",
        `${handle} exists over ${existing.lock.handle}, not over ${lockHandle}: use that lock, or another name`,
      );
    }
    engine.registry.create(session, handle, Condition, () => new Condition(engine, handle, lock));
    return null;
  }),
  answer(condition.wait, ({ engine, session }, { condition: handle, owner = "", timeoutMs }) =>
    engine.registry.get(handle, Condition).wait(session, owner, timeoutMs),
  ),
  answer(condition.notify, ({ engine, session }, { condition: handle, owner = "", n = 1 }) =>
    engine.registry.get(handle, Condition).notify(session, owner, n),
  ),
  answer(condition.status, ({ engine }, { condition: handle }) => engine.registry.get(handle, Condition).status()),
];
