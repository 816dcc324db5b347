import type { ServerFacts } from "../../../server/handlers/handler.js";

/** The facts of a server that runs in the test itself. */
export const serverFacts: ServerFacts = {
  version: "0.0.0",
  pid: 1,
  startedAt: 0,
  addresses: () => [],
  protocol: () => Promise.resolve({ metaModel: {}, schema: {} }),
  memory: () => ({ rssBytes: 0, heapUsedBytes: 0 }),
  stop: () => {},
  stopWhenAlone: () => {},
};
