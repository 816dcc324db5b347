import * as runs from "../../protocol/run.js";
import { payloadsOf } from "../engine/runs/run-spec.js";
import { answer, type Handler } from "./handler.js";

export const runHandlers: readonly Handler[] = [
  answer(runs.start, ({ engine, session }, params) => ({ run: engine.runs.start(session, params) })),
  answer(runs.list, ({ engine }) => ({ runs: engine.runs.list() })),
  answer(runs.status, ({ engine }, { run }) => engine.runs.get(run).describeRun()),
  answer(runs.specOf, ({ engine, session }, { run }) => {
    const found = engine.runs.get(run);
    const { run: _, maxResultBytes: __, ...rest } = found.spec;
    const spec = { ...rest, items: [...found.items] };
    for (const payload of payloadsOf(spec)) engine.registry.showPayload(session, payload);
    return { ...spec, ...found.originMark(session) };
  }),
  answer(runs.read, ({ engine, session }, { run, since = 0, limit, timeoutMs }) =>
    engine.runs.get(run).read(session, since, limit, timeoutMs),
  ),
  answer(runs.outputOf, ({ engine }, { run, index }) => engine.runs.get(run).outputOf(index)),
  answer(runs.waits, ({ engine }, { run }) => engine.runs.get(run).waits.describe()),
  answer(runs.wait, ({ engine, session }, { run, timeoutMs }) => engine.runs.get(run).wait(session, timeoutMs)),
  answer(runs.cancel, ({ engine }, { run, ...which }) => ({ cancelled: engine.runs.get(run).cancel(which) })),
  answer(runs.forget, ({ engine }, { run }) => {
    engine.runs.forget(run);
    return null;
  }),
];
