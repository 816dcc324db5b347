import * as handle from "../../protocol/handle.js";
import { answer, receive, type Handler } from "./handler.js";

export const handleHandlers: readonly Handler[] = [
  receive(handle.release, ({ engine, session }, { handles }) => {
    for (const released of handles) engine.registry.release(session, released);
  }),
  answer(handle.exists, ({ engine }, { handle: asked }) => ({ exists: engine.registry.has(asked) })),
  answer(handle.retain, ({ engine, session }, { handle: wanted }) => {
    engine.registry.retain(session, wanted);
    return null;
  }),
];
