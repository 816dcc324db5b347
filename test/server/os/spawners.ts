import { randomUUID } from "node:crypto";
import type { Socket } from "node:net";
import { createSpawner, type OsSpawner } from "../../../server/os/spawner.js";
import { fixture } from "../../fixture.js";

export interface TestSpawner extends OsSpawner {
  instanceId: string;
  /** Connections of the hosts, in the order of their starts. */
  sockets: Socket[];
}

/** A spawner that ends with the test. Its runtimes: `fixture` (test/fixtures/host.mjs), `missing`. */
export function testSpawner(test: { after(clean: () => Promise<void>): void }): TestSpawner {
  const instanceId = randomUUID();
  const sockets: Socket[] = [];
  const spawner = createSpawner({
    instanceId,
    runtimes: {
      fixture: { command: process.execPath, args: [fixture("host.mjs")], env: { FROM_RUNTIME: "yes" } },
      missing: { command: "polyproc-no-such-interpreter", args: [] },
    },
    childEnv: { FROM_SERVER: "yes" },
    onHostConnection: (socket) => sockets.push(socket),
  });
  test.after(() => spawner.dispose(0));
  return Object.assign(spawner, { instanceId, sockets });
}
