import * as events from "../../protocol/events.js";
import { answer, type Handler } from "./handler.js";

export const eventsHandlers: readonly Handler[] = [
  answer(events.subscribe, ({ engine, session }, { topics, sinceSeq, instanceId }) =>
    engine.events.subscribe(session, topics, sinceSeq, instanceId),
  ),
  answer(events.unsubscribe, ({ engine, session }) => {
    engine.events.unsubscribe(session);
    return null;
  }),
  answer(events.watchOutput, ({ engine, session }, { scope, lossless = false, run }) => {
    engine.output.watch(session, scope, lossless, run === undefined ? null : engine.runs.get(run).pool.handle);
    return null;
  }),
  answer(events.breakDeadlock, ({ engine }, { deadlock, session }) => engine.waitGraph.break(deadlock, session)),
  answer(events.listDeadlocks, ({ engine }) => ({ deadlocks: engine.waitGraph.list() })),
  answer(events.listSync, ({ engine }) => ({ sync: engine.events.sync() })),
];
