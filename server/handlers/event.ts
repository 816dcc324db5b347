import * as event from "../../protocol/event.js";
import { EventFlag } from "../engine/sync/event.js";
import { answer, type Handler } from "./handler.js";

export const eventHandlers: readonly Handler[] = [
  answer(event.create, ({ engine, session }, { event: handle }) => {
    engine.registry.create(session, handle, EventFlag, () => new EventFlag(engine, handle));
    return null;
  }),
  answer(event.set, ({ engine }, { event: handle }) => engine.registry.get(handle, EventFlag).set()),
  answer(event.clear, ({ engine }, { event: handle }) => engine.registry.get(handle, EventFlag).clear()),
  answer(event.wait, ({ engine, session }, { event: handle, timeoutMs }) =>
    engine.registry.get(handle, EventFlag).wait(session, timeoutMs),
  ),
  answer(event.status, ({ engine }, { event: handle }) => engine.registry.get(handle, EventFlag).status()),
];
