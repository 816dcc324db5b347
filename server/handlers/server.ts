import { protocol, sessions, status, stop } from "../../protocol/lifecycle.js";
import { waits } from "../../protocol/waits.js";
import { whyQueued, whyWaiting } from "../engine/watch/why-waiting.js";
import { answer, type Handler } from "./handler.js";

export const serverHandlers: Handler[] = [
  answer(status, ({ engine, server }) => {
    let waits = 0;
    for (const session of engine.sessions.values()) waits += session.waits.size;
    return {
      instanceId: engine.options.instanceId,
      version: server.version,
      pid: server.pid,
      uptimeMs: performance.now() - server.startedAt,
      ...server.memory(),
      heldBytes: engine.budget.usedBytes,
      sessions: engine.sessions.size,
      objects: engine.registry.size,
      waits,
      processes: engine.processes.runningCount,
      warmHosts: engine.hosts.warmCount,
      guardianPid: engine.options.spawner.guardianPid,
      addresses: server.addresses(),
    };
  }),

  answer(sessions, ({ engine }) => ({
    sessions: Array.from(engine.sessions.values(), (session) => session.describeSession()),
  })),

  answer(waits, ({ engine }) => ({ waits: whyWaiting(engine), queued: whyQueued(engine) })),

  answer(protocol, ({ server }) => server.protocol()),

  answer(stop, ({ server }, params) => {
    if (params?.whenAloneMs === undefined) server.stop();
    else server.stopWhenAlone(params.whenAloneMs);
    return null;
  }),
];
