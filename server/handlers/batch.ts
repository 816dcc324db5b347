import * as batch from "../../protocol/batch.js";
import { answer, type Handler } from "./handler.js";

export const batchHandlers: readonly Handler[] = [
  answer(batch.add, ({ engine, session }, params) => engine.batch.queue().add(session, params)),
  answer(batch.list, ({ engine, session }, params) => engine.batch.queue().list(session, params)),
  answer(batch.pause, ({ engine }, params) => {
    engine.batch.queue().pause(params);
    return null;
  }),
  answer(batch.resume, ({ engine }, params) => {
    engine.batch.queue().resume(params);
    return null;
  }),
  answer(batch.restart, ({ engine }, { entries }) => {
    engine.batch.queue().restart(entries);
    return null;
  }),
  answer(batch.edit, ({ engine }, params) => ({ entry: engine.batch.queue().edit(params) })),
  answer(batch.remove, ({ engine }, { entries }) => {
    engine.batch.queue().remove(entries);
    return null;
  }),
  answer(batch.log, ({ engine, session }, params) => engine.batch.queue().log(session, params)),
  answer(batch.setGroup, ({ engine }, params) => ({ group: engine.batch.queue().setGroup(params) })),
  answer(batch.removeGroup, ({ engine }, { group }) => {
    engine.batch.queue().removeGroup(group);
    return null;
  }),
];
