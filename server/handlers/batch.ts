import * as batch from "../../protocol/batch.js";
import { answer, type Handler } from "./handler.js";

export const batchHandlers: readonly Handler[] = [
  answer(batch.add, ({ engine, session }, params) => engine.batch.queue().add(session, params)),
  answer(batch.list, ({ engine, session }, params) => engine.batch.queue().list(session, params)),
  answer(batch.pause, ({ engine, session }, params) => engine.batch.queue().pause(session, params)),
  answer(batch.resume, ({ engine, session }, params) => engine.batch.queue().resume(session, params)),
  answer(batch.restart, ({ engine, session }, { entries }) => engine.batch.queue().restart(session, entries)),
  answer(batch.edit, ({ engine, session }, params) => engine.batch.queue().edit(session, params)),
  answer(batch.remove, ({ engine, session }, { entries }) => engine.batch.queue().remove(session, entries)),
  answer(batch.log, ({ engine, session }, params) => engine.batch.queue().log(session, params)),
  answer(batch.setGroup, ({ engine, session }, params) => engine.batch.queue().setGroup(session, params)),
  answer(batch.removeGroup, ({ engine, session }, { group }) => engine.batch.queue().removeGroup(session, group)),
];
