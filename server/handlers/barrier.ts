import * as barrier from "../../protocol/barrier.js";
import { Barrier } from "../engine/sync/barrier.js";
import { answer, type Handler } from "./handler.js";

export const barrierHandlers: readonly Handler[] = [
  answer(barrier.create, ({ engine, session }, { barrier: handle, parties, hasAction = false, timeoutMs = null }) => {
    engine.registry.create(
      session,
      handle,
      Barrier,
      () => new Barrier(engine, handle, { parties, hasAction, timeoutMs }),
    );
    return null;
  }),
  answer(barrier.wait, ({ engine, session }, { barrier: handle, timeoutMs }) =>
    engine.registry.get(handle, Barrier).wait(session, timeoutMs),
  ),
  answer(barrier.actionDone, ({ engine, session }, { barrier: handle, ok }) =>
    engine.registry.get(handle, Barrier).actionDone(session, ok),
  ),
  answer(barrier.reset, ({ engine }, { barrier: handle }) => engine.registry.get(handle, Barrier).reset()),
  answer(barrier.abort, ({ engine }, { barrier: handle }) => engine.registry.get(handle, Barrier).abort()),
  answer(barrier.status, ({ engine }, { barrier: handle }) => engine.registry.get(handle, Barrier).status()),
];
