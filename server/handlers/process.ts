import { PolyprocError } from "../../protocol/errors.js";
import * as processes from "../../protocol/process.js";
import { notAStream, type CommandStreams } from "../engine/processes/command-streams.js";
import { ProcessRecord } from "../engine/processes/process.js";
import { answer, type Handler } from "./handler.js";

export const processHandlers: readonly Handler[] = [
  answer(processes.start, ({ engine, session }, params) => engine.processes.start(session, params)),
  answer(processes.join, ({ engine, session }, params) =>
    engine.processes.find(params.process, undefined).join(session, params.timeoutMs),
  ),
  answer(processes.status, ({ engine }, params) => engine.processes.find(params.process, undefined).describeProcess()),
  answer(processes.list, ({ engine, session }, params) => ({
    processes:
      params.scope === "all"
        ? engine.processes.list(params.ended ?? false)
        : [...session.children].map((child) => child.describeProcess()),
  })),
  answer(processes.terminate, ({ engine }, params) => {
    engine.processes.find(params.process, params.pid).terminate(params.graceMs);
    return null;
  }),
  answer(processes.kill, ({ engine }, params) => {
    engine.processes.find(params.process, params.pid).kill();
    return null;
  }),
  answer(processes.close, ({ engine, session }, params) => {
    const record = engine.registry.get(params.process, ProcessRecord);
    if (!record.exited)
      throw new PolyprocError("BadState", `${record.name} is still running: join or terminate it before close`);
    engine.registry.release(session, params.process);
    return null;
  }),
  answer(processes.write, ({ engine, session }, { process, data }) =>
    streamsOf(engine.processes.find(process, undefined), "stdin").write(session, data),
  ),
  answer(processes.read, ({ engine, session }, { process, stream, maxBytes, timeoutMs }) =>
    streamsOf(engine.processes.find(process, undefined), stream).read(session, stream, maxBytes, timeoutMs),
  ),
  answer(processes.closeStream, ({ engine, session }, { process, stream }) => {
    streamsOf(engine.processes.find(process, undefined), stream).closeStream(session, stream);
    return null;
  }),
  answer(processes.output, ({ engine }, params) =>
    engine.output.from(engine.processes.find(params.process, undefined), params.fromLine ?? 0),
  ),
  answer(processes.stack, ({ engine }, params) => engine.processes.find(params.process, params.pid).readStack()),
  answer(processes.usageOf, async ({ engine }, params) => {
    const records = params.processes
      ? params.processes.map((handle) => engine.processes.find(handle, undefined))
      : [...engine.processes.running()];
    const byPid = new Map<number, ProcessRecord>();
    for (const record of records) if (record.pid !== null && !record.exited) byPid.set(record.pid, record);
    const usage = await engine.options.spawner.usage([...byPid.keys()]).catch((error: unknown) => {
      throw new PolyprocError(
        "InternalError",
        `CPU and memory of the processes cannot be read now: ${error instanceof Error ? error.message : String(error)}`,
      );
    });
    return {
      usage: usage.flatMap((entry) => {
        const record = byPid.get(entry.pid);
        return record ? [{ process: record.handle, ...entry }] : [];
      }),
    };
  }),
];

function streamsOf(record: ProcessRecord, stream: processes.StandardStream): CommandStreams {
  if (record.streams) return record.streams;
  throw notAStream(record, stream);
}
